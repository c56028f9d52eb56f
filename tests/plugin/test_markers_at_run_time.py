"""Markers that are added while tests run: waivers count until the call has ended, SDK options until fixtures begin."""

from __future__ import annotations

import pytest

CRASH = """
import any_sdk, pytest, sentry_sdk

def crash(event, hint):
    raise KeyError("filter")

@pytest.fixture(autouse=True)
def client(sentry_init):
    sentry_init(before_send=crash)

def waive(request):
    request.node.add_marker(pytest.mark.sentry_allow("no-callback-errors", reason="it is what is tested"))

def environment():
    return any_sdk.client().options["environment"]
"""

WHAT_TO_DO = "SDK options are applied before the first fixture of a test is set up."


def too_late(added: str, phase: str, given: str) -> list[str]:
    """The lines of the message about options that came too late."""
    return [
        f"sentry_options: the marker{added} during the test's {phase}, too late to have an effect.",
        f"{WHAT_TO_DO} Mark the test itself, or change them inside it:",
        f"  with sentry_capture.override({given}):",
    ]


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(
        shop="""
        import any_sdk, sentry_sdk

        sentry_sdk.init(environment="application")

        def environment():
            return any_sdk.client().options["environment"]
        """
    )
    return pytester


class TestWaivers:
    def test_count_until_the_call_has_ended(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            CRASH
            + """
            @pytest.fixture
            def waived(request):
                waive(request)

            @pytest.fixture
            def waived_in_teardown(request):
                yield
                waive(request)

            def test_by_a_fixture(sentry_capture, waived):
                sentry_sdk.capture_message("lost")

            def test_before_it_happens(request, sentry_capture):
                waive(request)
                sentry_sdk.capture_message("lost")

            def test_after_it_has_happened(request, sentry_capture):
                sentry_sdk.capture_message("lost")
                waive(request)

            @pytest.mark.parametrize("plan", ["free", "paid"])
            def test_for_one_parameter(request, sentry_capture, plan):
                sentry_sdk.capture_message("lost")
                if plan == "free":
                    waive(request)

            def test_in_teardown(sentry_capture, waived_in_teardown):
                sentry_sdk.capture_message("lost")
            """.replace("\n            ", "\n")
        )

        result = pytester.runpytest_inprocess("-p", "no:randomly", "--sentry-strict")

        result.assert_outcomes(passed=4, failed=2)
        broken = "Rule 'no-callback-errors' is broken*"
        result.stdout.fnmatch_lines(["_* test_for_one_parameter[[]paid] _*", broken, "_* test_in_teardown _*", broken])
        result.stdout.no_fnmatch_line("  unused *")

    def test_are_unused_where_there_is_nothing_to_waive(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            test_shop=CRASH
            + """
def test_fine(request, sentry_capture):
    waive(request)
"""
        )

        result = pytester.runpytest_inprocess("--sentry-strict")

        assert result.ret == pytest.ExitCode.TESTS_FAILED
        result.stdout.fnmatch_lines(["  unused * sentry_allow('no-callback-errors') of test_shop.py::test_fine"])

    def test_rules_that_are_judged_after_the_teardown_are_waived_too(self, pytester: pytest.Pytester) -> None:
        pytester.makefile(".toml", sentry_capture="rules.server-errors-captured = true")
        pytester.makepyfile(
            test_shop="""
            import pytest, sentry_sdk
            from fastapi import FastAPI
            from fastapi.responses import Response
            from fastapi.testclient import TestClient

            @pytest.mark.parametrize("waived", [True, False])
            def test(request, waived):
                sentry_sdk.init()
                app = FastAPI()
                app.get("/orders")(lambda: Response(status_code=503))
                TestClient(app).get("/orders")
                if waived:
                    request.node.add_marker(pytest.mark.sentry_allow("server-errors-captured", reason="as it is"))
            """
        )

        result = pytester.runpytest_inprocess("-p", "no:randomly")

        result.assert_outcomes(passed=2, errors=1)
        result.stdout.fnmatch_lines(
            ["_* ERROR at teardown of test[[]False] _*", "Rule 'server-errors-captured' is broken*"]
        )

    @pytest.mark.parametrize("mark", ["", "@pytest.mark.xfail\n"])
    def test_that_are_none_fail_their_test(self, pytester: pytest.Pytester, mark: str) -> None:
        pytester.makepyfile(
            CRASH
            + f"""
{mark}def test_wrong(request):
    request.node.add_marker(pytest.mark.sentry_allow("no-callback-eror", reason="x"))
    assert {not mark}

{mark}def test_without_reason(request):
    request.node.add_marker(pytest.mark.sentry_allow("no-callback-errors"))
    assert {not mark}
"""
        )

        result = pytester.runpytest_inprocess("-p", "no:randomly")

        result.assert_outcomes(failed=2)
        result.stdout.fnmatch_lines(
            [
                "sentry_allow: unknown rule 'no-callback-eror'; did you mean 'no-callback-errors'?*",
                "sentry_allow: a waiver needs a reason: sentry_allow('no-callback-errors', reason=\"…\")",
            ]
        )

    def test_that_are_invalid_are_reported_for_a_test_that_has_failed_by_itself(
        self, pytester: pytest.Pytester
    ) -> None:
        pytester.makepyfile(
            """
            import pytest

            def test_wrong(request):
                request.node.add_marker(pytest.mark.sentry_allow("no-pi", reason="x"))
                assert 1 == 2
            """
        )

        result = pytester.runpytest_inprocess()

        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            ["E * assert 1 == 2", "*- sentry_capture -*", "sentry_allow: unknown rule 'no-pi'; did you mean 'no-pii'?*"]
        )


class TestOptions:
    def test_of_hooks_that_run_before_the_first_fixture_apply(self, shop: pytest.Pytester) -> None:
        shop.makeconftest(
            """
            import pytest

            def pytest_collection_modifyitems(items):
                for item in items:
                    if "collected" in item.name:
                        item.add_marker(pytest.mark.sentry_options(environment="collected"))

            def pytest_runtest_setup(item):
                if "set_up" in item.name:
                    item.add_marker(pytest.mark.sentry_options(environment="set up"))
            """
        )
        shop.makepyfile(
            """
            import pytest
            from shop import environment

            @pytest.fixture(scope="module")
            def of_the_module():
                return environment()

            @pytest.fixture
            def of_the_test():
                return environment()

            def test_set_up(of_the_module, of_the_test):
                assert {of_the_module, of_the_test, environment()} == {"set up"}

            def test_set_up_without_fixtures():
                assert environment() == "set up"

            @pytest.mark.sentry_options(environment="marked")
            def test_collected_later_than_its_own(of_the_test):
                assert of_the_test == "marked"

            @pytest.mark.sentry_options(dist="marked")
            def test_set_up_beside_its_own(of_the_test, sentry_capture):
                assert (of_the_test, sentry_capture.options["dist"]) == ("set up", "marked")

            def test_of_the_application(of_the_test):
                assert of_the_test == "application"
            """
        )

        shop.runpytest_inprocess("-p", "no:randomly").assert_outcomes(passed=5)

    def test_of_hooks_are_checked(self, shop: pytest.Pytester) -> None:
        shop.makeconftest(
            """
            import pytest

            def pytest_runtest_setup(item):
                item.add_marker(pytest.mark.sentry_options(environmant="set up"))
            """
        )
        shop.makepyfile(
            "import pytest, shop\n\ndef test(tmp_path):\n    pass\n\ndef test_without_fixtures():\n    pass\n"
        )

        result = shop.runpytest_inprocess()

        result.assert_outcomes(errors=2)
        result.stdout.fnmatch_lines(["sentry_options: unknown option 'environmant'; did you mean 'environment'?*"] * 2)

    def test_that_come_later_are_a_mistake(self, shop: pytest.Pytester) -> None:
        shop.makepyfile(
            test_shop="""
            import pytest, shop

            @pytest.fixture
            def of_a_fixture(request):
                request.node.add_marker(pytest.mark.sentry_options(environment="late"))

            @pytest.fixture
            def in_teardown(request):
                yield
                request.node.add_marker(pytest.mark.sentry_options(environment="late"))

            def test_setup(of_a_fixture):
                assert shop.environment() == "application"

            def test_call(request):
                request.node.add_marker(pytest.mark.sentry_options(release="1", dist="2"))
                request.node.add_marker(pytest.mark.sentry_options(dist="3"))

            @pytest.mark.xfail
            def test_xfails(request):
                request.node.add_marker(pytest.mark.sentry_options("late"))
                assert 0

            def test_teardown(in_teardown):
                pass
            """
        )

        result = shop.runpytest_inprocess("-p", "no:randomly", "--tb=short")

        result.assert_outcomes(passed=1, failed=2, errors=2)
        messages = [
            too_late(" with environment was added to test_shop.py::test_setup", "setup", "environment=..."),
            too_late(" with environment was added to test_shop.py::test_teardown", "teardown", "environment=..."),
            too_late(" with release, dist was added to test_shop.py::test_call", "call", "release=..., dist=..."),
            too_late(" was added to test_shop.py::test_xfails", "call", ""),
        ]
        for message in messages:
            result.stdout.fnmatch_lines(message, consecutive=True)

    def test_of_a_class_apply_to_the_tests_that_begin_after_them(self, shop: pytest.Pytester) -> None:
        shop.makepyfile(
            test_shop="""
            import pytest, shop

            class TestShop:
                @pytest.fixture(scope="class", autouse=True)
                @classmethod
                def late(cls, request):
                    request.node.add_marker(pytest.mark.sentry_options(environment="of the class"))

                def test_that_adds_it(self):
                    pass

                def test_after_it(self):
                    assert shop.environment() == "of the class"
            """
        )

        result = shop.runpytest_inprocess("-p", "no:randomly")

        result.assert_outcomes(passed=1, errors=1)
        message = too_late(" with environment was added to test_shop.py::TestShop", "setup", "environment=...")
        result.stdout.fnmatch_lines(message, consecutive=True)

    def test_that_come_late_are_reported_for_a_test_that_has_failed_by_itself(self, shop: pytest.Pytester) -> None:
        shop.makepyfile(
            test_shop="""
            import pytest, shop

            def test(request):
                request.node.add_marker(pytest.mark.sentry_options(environment="late"))
                assert shop.environment() == "late"
            """
        )

        result = shop.runpytest_inprocess()

        result.assert_outcomes(failed=1)
        message = too_late(" with environment was added to test_shop.py::test", "call", "environment=...")
        result.stdout.fnmatch_lines(["E * assert 'application' == 'late'", "*- sentry_capture -*", *message])
