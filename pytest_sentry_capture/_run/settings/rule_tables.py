"""The tables ``rules`` and ``expect`` of a configuration, structured by cattrs: typed rules, or every mistake."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, get_type_hints

from cattrs import transform_error

from pytest_sentry_capture._assertions import CRITERIA, Doubts, Matcher, UnlikelyValue, name_of
from pytest_sentry_capture._recording import Masks, value_taken_for_mask
from pytest_sentry_capture._relay import ServerScrubbing, engine_is_usable
from pytest_sentry_capture._rules import (
    BUILT_IN_RULES,
    EnforcedRule,
    ExpectRule,
    Pattern,
    Rule,
    Severity,
    UnusableRulesError,
    pattern_in_toml,
    traceback_of,
)
from pytest_sentry_capture._run.settings.conversion import NOT_CONVERTED, mistake_in_words, strict_converter
from pytest_sentry_capture._run.settings.options import SettingsError
from pytest_sentry_capture._run.settings.rule_packages import is_in_package, rule_in_package
from pytest_sentry_capture._run.settings.source import KeyPath, Source
from pytest_sentry_capture._text import did_you_mean, edits_between, nearest, plural

if TYPE_CHECKING:
    from pytest_sentry_capture._run.settings.policies import ExtendedSource

Structured = TypeVar("Structured")
_KEYS: Final = ("extends", "rules", "expect", "relay", "masks", "sampling", "nested")
_ALL: Final = "all"
_INI_OPTIONS: Final = (
    "network",
    "network_hosts",
    "show",
    "strict",
    "report",
    "contract",
    "configuration_file",
    "contract_file",
)
_OF_OPTION: Final = re.compile(r"(?P<option>\w+\[(?:\d+|'[^']*')\]): ")
_STEP: Final = re.compile(r"""\.(?P<attribute>\w+)|\[(?P<index>\d+)\]|\[(?P<quote>['"])(?P<key>.*?)(?P=quote)\]""")
_MOST_EDITS: Final = 2
"""By how many letters a name may differ from a built-in rule to count as misspelled."""
_NAME: Final = "name"


@dataclass(kw_only=True)
class _ExpectEntry:
    """An ``expect`` entry without its criteria, except for those that are called like one of its own options."""

    name: str
    captured: bool
    kind: str = "event"
    criteria: dict[str, Any] = field(default_factory=dict)
    event: dict[str, Any] = field(default_factory=dict)
    severity: Severity = "fail"
    paths: tuple[str, ...] = ()


class RuleSettings(NamedTuple):
    """What the tables of a configuration say, as ``Configuration`` has it."""

    rules: tuple[EnforcedRule, ...]
    switched_off: frozenset[str]
    scrubbing: ServerScrubbing | None
    masks: Masks | None
    settles_sampling: bool
    own_rules: Mapping[str, OwnRuleSettings]


def structured(source: Source | ExtendedSource, folder: str) -> RuleSettings:
    """The rules that a configuration asks for.

    Args:
        source: the configuration.
        folder: the folder of the tests that it is about, relative to the rootdir.

    Raises:
        SettingsError: something in it is not valid. The message names every mistake with its place.
    """
    tables = RuleTables(source, folder)
    tables.check_keys()
    rules = (*tables.rules(), *tables.expected())
    scrubbing, masks, settles_sampling = tables.scrubbing(), tables.masks(), tables.settles_sampling()
    if not tables.has_only_misspelled_rules:
        raise SettingsError("\n".join(tables.mistakes))
    for each in rules:
        if scrubbing is not None:
            each.rule._take_scrubbing(scrubbing)
    off = frozenset(tables.switched_off)
    return RuleSettings(rules, off, scrubbing, masks, settles_sampling, tables.own_rules)


class RuleTables:
    """Makes rules of a configuration's tables.

    Args:
        source: the configuration.
        folder: the folder of the tests that it is about, relative to the rootdir.

    Attributes:
        mistakes: all that is wrong, in words for users.
        switched_off: the names of rules that are ``false``.
        own_rules: what is said of rules that are neither built in nor in an installed package, by name.
    """

    def __init__(self, source: Source | ExtendedSource, folder: str) -> None:
        self._source = source
        self._folder = folder
        self.mistakes: list[str] = []
        self._misspelled: set[str] = set()
        self._converter = strict_converter()
        self.switched_off: list[str] = []
        self.own_rules: dict[str, OwnRuleSettings] = {}

    @property
    def has_only_misspelled_rules(self) -> bool:
        """Whether nothing is wrong but names of rules, which a conftest file may yet turn out to register."""
        return self._misspelled.issuperset(self.mistakes)

    def check_keys(self) -> None:
        """Look at the keys beside the rules."""
        for key in self._source.content:
            if key in _INI_OPTIONS:
                self._mistake((key,), f"{key} is the ini option sentry_{key}, not a key of the configuration")
            elif key == "tool" and not self._source.table:
                self._mistake((key,), f"[tool.sentry_capture] belongs in pyproject.toml only; {self._without_table()}")
            elif key not in _KEYS:
                self._mistake((key,), did_you_mean("key", key, _KEYS))
        if type(nested := self._source.content.get("nested", True)) is not bool:
            self._mistake(("nested",), f"nested must be true or false, not {nested!r}")

    def rules(self) -> Iterator[EnforcedRule]:
        """The rules that are on, of the built-in ones and of those in installed packages."""
        table = self._source.content.get("rules", {})
        if not isinstance(table, Mapping):
            self._mistake(("rules",), f"rules must be a table, not {table!r}")
            return
        for name, value in table.items():
            if value is False:
                self.switched_off.append(name)
            if name in self._names_of_entries():
                self._check_entry_in_rules(name, value)
            elif name in _KEYS and not isinstance(value, (bool, Mapping)):  # which is all that a rule may be
                self._mistake(("rules", name), f"{name} is a key of the configuration, not a rule; {self._above()}")
            elif name not in BUILT_IN_RULES and not is_in_package(name):
                self._take_own(name, value)
            elif value is not False and (rule := self._named_rule(name, value)) is not None:
                yield EnforcedRule(rule, self._source.place("rules", name), folder=self._folder)

    def _named_rule(self, name: str, value: object) -> Rule | None:
        """A built-in rule, or that of an installed package."""
        try:
            rule_class = BUILT_IN_RULES.get(name) or rule_in_package(name)
        except UnusableRulesError as error:
            self._mistake(("rules", name), f"rules.{name}: {error}")
            return None
        return self._rule(name, rule_class, value)

    def _check_entry_in_rules(self, name: str, value: object) -> None:
        if value is not False:
            path = ("rules", name)
            self._mistake(
                path,
                f"rules.{name}: the options of an expect entry belong in the entry itself; only false is valid here",
            )

    def _take_own(self, name: str, value: object) -> None:
        """Keep what is said of a rule that is not known yet. A misspelled one is a mistake among others."""
        self.own_rules[name] = OwnRuleSettings(self._source, self._folder, name, value)
        close = nearest(name, BUILT_IN_RULES)
        if close is not None and edits_between(name, close, most=_MOST_EDITS) is not None:
            unknown = did_you_mean("rule", name, BUILT_IN_RULES)
            self._mistake(("rules", name), unknown)
            self._misspelled.add(self.mistakes[-1])

    def configured(self, rule: Rule, value: object) -> Rule | None:
        """One of the project's own rules with its options, or None if it is switched off, or they have mistakes."""
        path, name = ("rules", rule.name), f"rules.{rule.name}"
        if value is False or value is True:
            return rule if value else None
        if not isinstance(value, Mapping):
            self._mistake(path, f"{name}: must be true, false or a table of options, not {value!r}")
            return None
        options = self._options(path, name, value, type(rule))
        return self._made(path, name, lambda: _with_options(rule, options)) if options is not None else None

    def _packaged(self, path: KeyPath, name: str, options: Mapping[str, Any], rule_class: type[Rule]) -> Rule | None:
        """A rule of an installed package with its options."""
        converted = self._options(path, name, options, rule_class)
        if converted is None:
            return None
        missing = [option for option in _needed(rule_class) if option not in converted]
        for option in missing:
            self._mistake((*path, option), f"{name}.{option}: {option} is missing")
        return self._made(path, name, lambda: rule_class(**converted)) if not missing else None

    def _options(
        self, path: KeyPath, name: str, given: Mapping[str, Any], rule_class: type[Rule]
    ) -> dict[str, Any] | None:
        """The options of a rule that is not built in, or None if there are mistakes among them.

        Options that are not given may have types that no configuration can give.
        """
        mistakes = len(self.mistakes)
        known = _options_of(rule_class)
        for key in given:
            if key not in known:
                self._mistake((*path, key), f"{name}: {did_you_mean('option', key, known)}")
        options: dict[str, Any] = {}
        if given:
            try:
                types = get_type_hints(rule_class)
            except Exception as error:  # what an annotation says is code
                self._mistake(
                    path,
                    f"{name}: the types of its options can't be read: {error}. Import what they name outside of"
                    " `if TYPE_CHECKING:`",
                )
                return None
            for key, each in given.items():
                if key in known:
                    options[key] = self._converted((*path, key), f"{name}.{key}", each, types[key])
        if len(self.mistakes) > mistakes:
            return None
        self._check_paths(path, name, options.get("paths", ()))
        return options

    def _made(self, path: KeyPath, name: str, make: Callable[[], Rule]) -> Rule | None:
        """A rule that is not built in. A ``ValueError`` is what it says of its options, all else is a mistake in it."""
        try:
            return make()
        except ValueError as error:
            self._mistake(path, f"{name}: {error}")
        except Exception as error:  # it is code of others
            lines = "\n".join(f"  {line}" for line in traceback_of(error))
            self._mistake(path, f"{name}: the rule itself raised {type(error).__name__}:\n{lines}")
        return None

    def _converted(self, path: KeyPath, name: str, value: object, wanted: Any) -> Any:
        try:
            return self._converter.structure(value, wanted)
        except NOT_CONVERTED as error:
            for message in transform_error(error, name, mistake_in_words):
                text, _, place = message.rpartition(" @ ")
                self._mistake((*path, *_keys_of(place.removeprefix(name))), f"{place}: {text}")
            return None

    def _names_of_entries(self) -> set[str]:
        entries = self._source.content.get("expect", [])
        named = (each.get("name") for each in entries if isinstance(each, Mapping)) if isinstance(entries, list) else ()
        return {name for name in named if isinstance(name, str)} - BUILT_IN_RULES.keys()

    def _rule(self, name: str, rule_class: type[Rule], value: object) -> Rule | None:
        """A rule with its options: all of them, none, or the one that a bare value stands for."""
        path = ("rules", name)
        shorthand = rule_class._built_in_needs.shorthand
        if value is True:
            options: Mapping[str, Any] = {}
        elif isinstance(value, Mapping):
            options = value
        elif shorthand is not None:
            options = {shorthand: value}
        else:
            self._mistake(path, f"rules.{name}: must be true, false or a table of options, not {value!r}")
            return None
        if name not in BUILT_IN_RULES:
            return self._packaged(path, f"rules.{name}", options, rule_class)
        rule = self._structured(path, f"rules.{name}", options, rule_class)
        if rule is not None:
            self._check_paths(path, f"rules.{name}", rule.paths)
        return rule

    def expected(self) -> Iterator[EnforcedRule]:
        """The rules that the ``expect`` entries are."""
        entries = self._source.content.get("expect", [])
        if not isinstance(entries, list):
            self._mistake(("expect",), f"expect must be an array of tables: [[{self._header('expect')}]]")
            return
        names: list[object] = [*BUILT_IN_RULES]
        for index, entry in enumerate(entries):
            path = ("expect", index)
            if not isinstance(entry, Mapping):
                self._mistake(path, f"expect[{index}] must be a table, not {entry!r}: [[{self._header('expect')}]]")
                continue
            if entry.get("name") in names:
                self._mistake((*path, "name"), f"expect[{index}].name: {entry['name']!r} is taken")
            names.append(entry.get("name", object()))
            rule = self._expected(path, entry)
            if rule is not None and rule.name not in self.switched_off:
                yield EnforcedRule(rule, self._source.place(*path), folder=self._folder)

    def scrubbing(self) -> ServerScrubbing | None:
        """The project's settings for data scrubbing on Sentry's servers."""
        table = self._source.content.get("relay", {})
        if not isinstance(table, Mapping):
            self._mistake(("relay",), f"relay must be a table, not {table!r}")
            return None
        if not table:
            return None
        file = table.get("pii_config")
        text = self._text_of(file) if isinstance(file, str) else None
        scrubbing = self._structured(("relay",), "relay", table, ServerScrubbing)
        if scrubbing is None or text is None:
            return scrubbing
        scrubbing = replace(scrubbing, pii_config=text)
        try:
            if engine_is_usable():
                scrubbing.check()
        except ValueError as error:
            self._mistake(("relay", "pii_config"), f"relay.pii_config: {file}: {error}")
        return scrubbing

    def masks(self) -> Masks | None:
        """The project's own masks beside the usual ones, or None if it has none."""
        entries = self._source.content.get("masks", [])
        if not isinstance(entries, list):
            self._mistake(("masks",), f"masks must be a list of strings and patterns, not {entries!r}")
            return None
        own = [mask for index, entry in enumerate(entries) if (mask := self._mask(index, entry)) is not None]
        if not own:
            return None
        texts = tuple(mask for mask in own if isinstance(mask, str))
        return Masks(texts, tuple(mask for mask in own if not isinstance(mask, str)))

    def settles_sampling(self) -> bool:
        """Whether all is sampled that chance would decide about."""
        value = self._source.content.get("sampling")
        if value is None or value == _ALL:
            return value is not None
        problem = did_you_mean("value", value, [_ALL]) if isinstance(value, str) else f"must be {_ALL!r}, not {value!r}"
        self._mistake(("sampling",), f"sampling: {problem}")
        return False

    def _mask(self, index: int, entry: object) -> str | re.Pattern[str] | None:
        name = f"masks[{index}]"
        if isinstance(entry, str):
            mask: str | re.Pattern[str] = entry
        elif isinstance(entry, Mapping):
            pattern = self._structured(("masks", index), name, entry, Pattern)
            if pattern is None:
                return None
            mask = re.compile(pattern.regex)
        else:
            self._mistake(("masks", index), f"{name}: must be a string or a pattern, not {entry!r}")
            return None
        value = value_taken_for_mask(mask)
        if value is not None:
            shown = pattern_in_toml(mask.pattern) if isinstance(mask, re.Pattern) else repr(mask)
            matched = f"{value!r}, which may be a real value" if value else "the empty text"
            self._mistake(("masks", index), f"{name}: {shown} matches {matched}; a mask must match masks only")
        return mask if value is None else None

    def _text_of(self, file: str) -> str | None:
        try:
            return (self._source.folder_of("relay", "pii_config") / file).read_text(encoding="utf-8")
        except OSError as error:
            self._mistake(("relay", "pii_config"), f"relay.pii_config: {file} can't be read: {error.strerror}")
        except UnicodeDecodeError:
            self._mistake(("relay", "pii_config"), f"relay.pii_config: {file} is not UTF-8 text")
        return None

    def _expected(self, path: KeyPath, entry: Mapping[str, Any]) -> ExpectRule | None:
        own = {key: value for key, value in entry.items() if key in _ExpectEntry.__dataclass_fields__}
        criteria = {key: value for key, value in entry.items() if key not in own}
        label = _label(path, entry)
        structured = self._structured(path, label, own, _ExpectEntry)
        kind = structured.kind if structured is not None else str(own.get("kind", "event"))
        if kind not in CRITERIA:
            self._mistake((*path, "kind"), f"{label}.kind: {did_you_mean('kind', kind, CRITERIA)}")
        if structured is not None and not structured.name.strip():
            self._mistake((*path, "name"), f"{label}.name must not be empty")
        for name, value in (structured.criteria if structured is not None else {}).items():
            if name in criteria:
                self._mistake((*path, "criteria", name), f"{label}: the criterion {name!r} is given twice")
            criteria[name] = value
        matcher = self._matcher(path, label, kind, criteria)
        if structured is None:
            return None
        self._check_paths(path, label, structured.paths)
        look = self._matcher((*path, "event"), f"{label}.event", kind, structured.event)
        if structured.event and not structured.captured:
            self._mistake(
                (*path, "event"), f"{label}.event says what a captured item looks like, but captured is false"
            )
        if matcher is None or look is None:
            return None
        return ExpectRule(
            name=structured.name,
            matcher=matcher,
            captured=structured.captured,
            event=look.criteria,
            severity=structured.severity,
            paths=structured.paths,
        )

    def _matcher(self, path: KeyPath, label: str, kind: str, criteria: Mapping[str, Any]) -> Matcher | None:
        """A matcher, or None if a criterion is a mistake, which is reported with the line of its key."""
        mistakes = len(self.mistakes)
        for key, value in criteria.items():
            self._check_criterion((*path, key), f"{label}.{key}", kind, {key: value})
        if len(self.mistakes) > mistakes or kind not in CRITERIA:
            return None
        return Matcher(kind, {key: _value(value) for key, value in criteria.items()})

    def _check_criterion(self, path: KeyPath, label: str, kind: str, criterion: Mapping[str, Any]) -> None:
        try:
            matcher = Matcher(kind, {key: _value(value) for key, value in criterion.items()})
        except re.error as error:
            self._mistake(path, f"{label}: not a valid regex: {error}")
            return
        except (TypeError, ValueError) as error:
            if kind in CRITERIA:  # else the kind itself is the mistake
                self._mistake(path, f"{label}: {error}")
            return
        for value in Doubts(matcher).unlikely_values:
            if not isinstance(value.value, re.Pattern):  # which asks for what an application really sends
                self._mistake(path, f"{label}: {_about_unlikely(value, kind)}")

    def _check_paths(self, path: KeyPath, name: str, paths: Iterable[str]) -> None:
        for index, each in enumerate(paths):
            if not each.strip() or "::" in each or Path(each).is_absolute() or ".." in Path(each).parts:
                self._mistake(
                    (*path, "paths", index),
                    f"{name}.paths[{index}]: {each!r} is not a path of test files, relative to the folder of the"
                    " configuration: use files, folders and patterns with *, such as 'tests/api'",
                )

    def _structured(
        self, path: KeyPath, name: str, options: Mapping[str, Any], wanted: type[Structured]
    ) -> Structured | None:
        known = _options_of(wanted)
        unknown = [key for key in options if key not in known]
        for key in unknown:
            self._mistake((*path, key), f"{name}: {did_you_mean('option', key, known)}")
        try:
            result = self._converter.structure({key: options[key] for key in options if key in known}, wanted)
        except NOT_CONVERTED as error:
            for message in transform_error(error, name, mistake_in_words):
                text, _, place = message.rpartition(" @ ")
                if within := _OF_OPTION.match(text):  # a rule has checked its options itself
                    text, place = text[within.end() :], f"{place}.{within['option']}"
                self._mistake((*path, *_keys_of(place.removeprefix(name))), f"{place}: {text}")
            return None
        return None if unknown else result

    def _header(self, name: str) -> str:
        """How a table of the configuration is called in this file."""
        return ".".join((*self._source.table, name))

    def _above(self) -> str:
        """Where keys of the configuration belong in this file."""
        return f"write it in [{'.'.join(self._source.table)}]" if self._source.table else "write it above all tables"

    def _without_table(self) -> str:
        """How the tables that were written for ``pyproject.toml`` are called in its own file."""
        own = self._source.content["tool"]
        tables = own.get("sentry_capture", {}) if isinstance(own, Mapping) else {}
        headers = {"rules": "[rules]", "expect": "[[expect]]", "relay": "[relay]", "masks": "masks = […]"}
        named = [header for name, header in headers.items() if isinstance(tables, Mapping) and name in tables]
        return f"in {self._source.name}, write {' and '.join(named or ['[rules]'])}"

    def _mistake(self, path: KeyPath, message: str) -> None:
        mistake = f"{self._source.place(*path)}: {message}"
        if mistake not in self.mistakes:  # a wrong kind is one for the entry and for its criteria
            self.mistakes.append(mistake)


class OwnRuleSettings:
    """What a configuration says of a rule that the project registers itself, which is known later than that.

    Args:
        source: the configuration.
        folder: the folder of the tests that it is about, relative to the rootdir.
        name: the name of the rule.
        value: what it says of it.

    Attributes:
        place: where that stands.
        is_off: whether the rule is switched off.
    """

    def __init__(self, source: Source | ExtendedSource, folder: str, name: str, value: object) -> None:
        self._source = source
        self._folder = folder
        self._value = value
        self.place = source.place("rules", name)
        self.is_off = value is False

    def applied_to(self, rule: Rule) -> Rule | None:
        """The rule with its options, or None if it is switched off.

        Raises:
            SettingsError: an option is not valid. The message names every mistake with its place.
        """
        tables = RuleTables(self._source, self._folder)
        configured = tables.configured(rule, self._value)
        if tables.mistakes:
            raise SettingsError("\n".join(tables.mistakes))
        return configured


def _options_of(wanted: type) -> list[str]:
    """What can be said of a rule, an entry or a table. The name of a rule is its class's."""
    of_name = issubclass(wanted, Rule)
    return [each.name for each in fields(wanted) if each.init and not (of_name and each.name == _NAME)]


def _needed(rule_class: type[Rule]) -> list[str]:
    """The options without a default."""
    optional = {each.name for each in fields(rule_class) if (each.default, each.default_factory) != (MISSING, MISSING)}
    return [name for name in _options_of(rule_class) if name not in optional]


def _with_options(rule: Rule, options: Mapping[str, Any]) -> Rule:
    """A rule like this one with other options. One that has its own constructor is copied for what all have."""
    if options.keys() <= {each.name for each in fields(Rule)}:
        changed = copy(rule)
        vars(changed).update(options)
        return changed
    return replace(rule, **options)


def _label(path: KeyPath, entry: Mapping[str, Any]) -> str:
    """An entry of ``expect`` as messages call it: by its name or, where it has none, by its number, from 0."""
    name = entry.get("name")
    return f"expect[{name!r}]" if isinstance(name, str) and name.strip() else f"expect[{path[-1]}]"


def _keys_of(place: str) -> KeyPath:
    """The keys and elements in what cattrs calls a place: ``.tags['plan'][0]``."""
    return tuple(
        int(found["index"]) if found["index"] else found["attribute"] or found["key"] for found in _STEP.finditer(place)
    )


def _about_unlikely(unlikely: UnlikelyValue, kind: str) -> str:
    path, value, nearest = unlikely.path, unlikely.value, unlikely.nearest
    meant = f"; did you mean {nearest!r}?" if nearest is not None else "."
    reason = f"{path} of {plural(name_of(kind))} is {unlikely.known.valid}"
    text = f"{path}={value!r} matches nothing, because {reason}{meant}"
    if not (isinstance(value, str) and unlikely.known.words):
        return text
    return f"{text} If the application really sends it, write {{ regex = '^{re.escape(value)}$' }}"


def _value(value: object) -> Any:
    """A criterion as tests would write it: ``{ regex = "…" }`` is a compiled regex."""
    if isinstance(value, Mapping):
        if value.keys() == {"regex"} and isinstance(value["regex"], str):
            return re.compile(value["regex"])
        return {key: _value(each) for key, each in value.items()}
    return [_value(each) for each in value] if isinstance(value, list) else value
