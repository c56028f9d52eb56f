"""What was seen during one attempt at one test: captured items, discards, operations and errors. Plain typed data.

The standard library is all that it needs. Not here: who sees it (``_sdk``, ``_operations``, ``_server``), and who asks
for it (``_assertions``, ``_rules``, ``_reports``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_sentry_capture._lazy import lazy_names

if TYPE_CHECKING:
    from pytest_sentry_capture._recording.assigned_values import AssignedValue as AssignedValue
    from pytest_sentry_capture._recording.attribute_names import attribute_name as attribute_name
    from pytest_sentry_capture._recording.attribute_names import attributes_below as attributes_below
    from pytest_sentry_capture._recording.attribute_names import field_name as field_name
    from pytest_sentry_capture._recording.attribute_names import paths_in_transaction as paths_in_transaction
    from pytest_sentry_capture._recording.attribute_names import span_path as span_path
    from pytest_sentry_capture._recording.attribute_names import transaction_paths as transaction_paths
    from pytest_sentry_capture._recording.callables import CallableLocation as CallableLocation
    from pytest_sentry_capture._recording.callables import is_callable_at as is_callable_at
    from pytest_sentry_capture._recording.callables import location_of as location_of
    from pytest_sentry_capture._recording.callables import location_of_frame as location_of_frame
    from pytest_sentry_capture._recording.chains_in_words import exception_words as exception_words
    from pytest_sentry_capture._recording.chance import Chance as Chance
    from pytest_sentry_capture._recording.chance import certain_entries as certain_entries
    from pytest_sentry_capture._recording.chance import sampled_by_chance as sampled_by_chance
    from pytest_sentry_capture._recording.changes import MISSING as MISSING
    from pytest_sentry_capture._recording.changes import Change as Change
    from pytest_sentry_capture._recording.changes import Missing as Missing
    from pytest_sentry_capture._recording.changes import redacted_value as redacted_value
    from pytest_sentry_capture._recording.children import UNSEEN_PROCESSES as UNSEEN_PROCESSES
    from pytest_sentry_capture._recording.children import SharedCounter as SharedCounter
    from pytest_sentry_capture._recording.children import UnseenWork as UnseenWork
    from pytest_sentry_capture._recording.contents import Content as Content
    from pytest_sentry_capture._recording.contents import FileContent as FileContent
    from pytest_sentry_capture._recording.contents import LateContent as LateContent
    from pytest_sentry_capture._recording.entries import DISCARD_REASONS as DISCARD_REASONS
    from pytest_sentry_capture._recording.entries import JOB_STATUSES as JOB_STATUSES
    from pytest_sentry_capture._recording.entries import LEAST_FAILURE as LEAST_FAILURE
    from pytest_sentry_capture._recording.entries import Capture as Capture
    from pytest_sentry_capture._recording.entries import CaptureContext as CaptureContext
    from pytest_sentry_capture._recording.entries import CapturedEnvelope as CapturedEnvelope
    from pytest_sentry_capture._recording.entries import CapturedItem as CapturedItem
    from pytest_sentry_capture._recording.entries import Discard as Discard
    from pytest_sentry_capture._recording.entries import Entry as Entry
    from pytest_sentry_capture._recording.entries import Exchange as Exchange
    from pytest_sentry_capture._recording.entries import ForeignWrite as ForeignWrite
    from pytest_sentry_capture._recording.entries import Job as Job
    from pytest_sentry_capture._recording.entries import JobStatus as JobStatus
    from pytest_sentry_capture._recording.entries import Operation as Operation
    from pytest_sentry_capture._recording.entries import Phase as Phase
    from pytest_sentry_capture._recording.entries import RawItem as RawItem
    from pytest_sentry_capture._recording.entries import Remark as Remark
    from pytest_sentry_capture._recording.entries import mark_seen as mark_seen
    from pytest_sentry_capture._recording.entries import sample_rate_of as sample_rate_of
    from pytest_sentry_capture._recording.entries import unreadable_items as unreadable_items
    from pytest_sentry_capture._recording.errors import CallbackError as CallbackError
    from pytest_sentry_capture._recording.errors import SdkError as SdkError
    from pytest_sentry_capture._recording.exception_chain import ExceptionChain as ExceptionChain
    from pytest_sentry_capture._recording.exception_chain import ExceptionLink as ExceptionLink
    from pytest_sentry_capture._recording.exception_chain import members_of as members_of
    from pytest_sentry_capture._recording.exception_chain import own_attributes as own_attributes
    from pytest_sentry_capture._recording.facts import KIB as KIB
    from pytest_sentry_capture._recording.facts import MIB as MIB
    from pytest_sentry_capture._recording.facts import OF_OPERATION as OF_OPERATION
    from pytest_sentry_capture._recording.facts import SAMPLED_TRACES as SAMPLED_TRACES
    from pytest_sentry_capture._recording.facts import Field as Field
    from pytest_sentry_capture._recording.facts import ItemType as ItemType
    from pytest_sentry_capture._recording.facts import KindFacts as KindFacts
    from pytest_sentry_capture._recording.facts import Sort as Sort
    from pytest_sentry_capture._recording.fields import interfaces_of as interfaces_of
    from pytest_sentry_capture._recording.fields import mapping_of as mapping_of
    from pytest_sentry_capture._recording.fields import tags_of as tags_of
    from pytest_sentry_capture._recording.fields import unwrapped as unwrapped
    from pytest_sentry_capture._recording.fields import without_moved as without_moved
    from pytest_sentry_capture._recording.item_contents import bytes_of as bytes_of
    from pytest_sentry_capture._recording.item_contents import letters_of as letters_of
    from pytest_sentry_capture._recording.item_contents import name_of_content as name_of_content
    from pytest_sentry_capture._recording.item_contents import payloads_of as payloads_of
    from pytest_sentry_capture._recording.kinds.segment import MANUAL as MANUAL
    from pytest_sentry_capture._recording.kinds.segment import SEGMENT_STATUSES as SEGMENT_STATUSES
    from pytest_sentry_capture._recording.kinds.segment import has_at as has_at
    from pytest_sentry_capture._recording.known_values import SPAN_STATUSES as SPAN_STATUSES
    from pytest_sentry_capture._recording.known_values import KnownValues as KnownValues
    from pytest_sentry_capture._recording.logged_events import log_payload as log_payload
    from pytest_sentry_capture._recording.masks import FILTERED as FILTERED
    from pytest_sentry_capture._recording.masks import USUAL_MASKS as USUAL_MASKS
    from pytest_sentry_capture._recording.masks import Masks as Masks
    from pytest_sentry_capture._recording.masks import is_empty as is_empty
    from pytest_sentry_capture._recording.masks import value_taken_for_mask as value_taken_for_mask
    from pytest_sentry_capture._recording.payload_types import Breadcrumb as Breadcrumb
    from pytest_sentry_capture._recording.payload_walk import CONTAINERS as CONTAINERS
    from pytest_sentry_capture._recording.payload_walk import Key as Key
    from pytest_sentry_capture._recording.payload_walk import Keys as Keys
    from pytest_sentry_capture._recording.payload_walk import at as at
    from pytest_sentry_capture._recording.payload_walk import common_containers as common_containers
    from pytest_sentry_capture._recording.payload_walk import containers as containers
    from pytest_sentry_capture._recording.payload_walk import differing_places as differing_places
    from pytest_sentry_capture._recording.payload_walk import dotted as dotted
    from pytest_sentry_capture._recording.payload_walk import is_within as is_within
    from pytest_sentry_capture._recording.payload_walk import names_and_texts as names_and_texts
    from pytest_sentry_capture._recording.payload_walk import notes_in as notes_in
    from pytest_sentry_capture._recording.payload_walk import parts_of as parts_of
    from pytest_sentry_capture._recording.payload_walk import resolve as resolve
    from pytest_sentry_capture._recording.payload_walk import resolve_parts as resolve_parts
    from pytest_sentry_capture._recording.payload_walk import walk as walk
    from pytest_sentry_capture._recording.plain_json import FlatJson as FlatJson
    from pytest_sentry_capture._recording.plain_json import PlainJson as PlainJson
    from pytest_sentry_capture._recording.protocol_names import is_attribute as is_attribute
    from pytest_sentry_capture._recording.protocol_names import is_id as is_id
    from pytest_sentry_capture._recording.protocol_names import is_made_by_sdk as is_made_by_sdk
    from pytest_sentry_capture._recording.protocol_names import is_of_protocol as is_of_protocol
    from pytest_sentry_capture._recording.recording import BETWEEN_TESTS as BETWEEN_TESTS
    from pytest_sentry_capture._recording.recording import COLLECTION as COLLECTION
    from pytest_sentry_capture._recording.recording import Children as Children
    from pytest_sentry_capture._recording.recording import Recorder as Recorder
    from pytest_sentry_capture._recording.recording import Recording as Recording
    from pytest_sentry_capture._recording.rejections import Rejection as Rejection
    from pytest_sentry_capture._recording.replacements import Replacement as Replacement
    from pytest_sentry_capture._recording.sampling import SamplerCall as SamplerCall
    from pytest_sentry_capture._recording.sampling import Sampling as Sampling
    from pytest_sentry_capture._recording.sampling import leaves_it_to_chance as leaves_it_to_chance
    from pytest_sentry_capture._recording.sampling import plain_answer as plain_answer
    from pytest_sentry_capture._recording.sampling import sampler_call as sampler_call
    from pytest_sentry_capture._recording.scope_origin import SCOPE_SECTIONS as SCOPE_SECTIONS
    from pytest_sentry_capture._recording.scope_origin import SECTIONS as SECTIONS
    from pytest_sentry_capture._recording.scope_origin import ScopeOrigin as ScopeOrigin
    from pytest_sentry_capture._recording.scope_origin import ScopeValues as ScopeValues
    from pytest_sentry_capture._recording.scope_origin import Source as Source
    from pytest_sentry_capture._recording.silence import ancestors as ancestors
    from pytest_sentry_capture._recording.silence import hints_of as hints_of
    from pytest_sentry_capture._recording.silence import unseen_failures as unseen_failures
    from pytest_sentry_capture._recording.silence import with_event as with_event
    from pytest_sentry_capture._recording.stack_frames import SOURCE_LINES as SOURCE_LINES
    from pytest_sentry_capture._recording.stack_frames import FramePlace as FramePlace
    from pytest_sentry_capture._recording.stack_frames import bytes_of_test_runner as bytes_of_test_runner
    from pytest_sentry_capture._recording.stack_frames import first_own_frame as first_own_frame
    from pytest_sentry_capture._recording.stack_frames import is_in_file as is_in_file
    from pytest_sentry_capture._recording.stack_frames import is_of_test_runner as is_of_test_runner
    from pytest_sentry_capture._recording.under_way import UnderWay as UnderWay
    from pytest_sentry_capture._recording.under_way import current_operation as current_operation
    from pytest_sentry_capture._recording.under_way import current_recording as current_recording
    from pytest_sentry_capture._recording.under_way import enter_operation as enter_operation
    from pytest_sentry_capture._recording.under_way import leave_operation as leave_operation
    from pytest_sentry_capture._recording.under_way import served_now as served_now
    from pytest_sentry_capture._recording.under_way import serving as serving
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "AssignedValue": "_recording.assigned_values:AssignedValue",
            "BETWEEN_TESTS": "_recording.recording:BETWEEN_TESTS",
            "Breadcrumb": "_recording.payload_types:Breadcrumb",
            "COLLECTION": "_recording.recording:COLLECTION",
            "CONTAINERS": "_recording.payload_walk:CONTAINERS",
            "CallableLocation": "_recording.callables:CallableLocation",
            "CallbackError": "_recording.errors:CallbackError",
            "Capture": "_recording.entries:Capture",
            "CaptureContext": "_recording.entries:CaptureContext",
            "CapturedEnvelope": "_recording.entries:CapturedEnvelope",
            "CapturedItem": "_recording.entries:CapturedItem",
            "Chance": "_recording.chance:Chance",
            "Change": "_recording.changes:Change",
            "Children": "_recording.recording:Children",
            "Content": "_recording.contents:Content",
            "DISCARD_REASONS": "_recording.entries:DISCARD_REASONS",
            "Discard": "_recording.entries:Discard",
            "Entry": "_recording.entries:Entry",
            "ExceptionChain": "_recording.exception_chain:ExceptionChain",
            "ExceptionLink": "_recording.exception_chain:ExceptionLink",
            "Exchange": "_recording.entries:Exchange",
            "FILTERED": "_recording.masks:FILTERED",
            "Field": "_recording.facts:Field",
            "FileContent": "_recording.contents:FileContent",
            "ForeignWrite": "_recording.entries:ForeignWrite",
            "FramePlace": "_recording.stack_frames:FramePlace",
            "ItemType": "_recording.facts:ItemType",
            "JOB_STATUSES": "_recording.entries:JOB_STATUSES",
            "Job": "_recording.entries:Job",
            "JobStatus": "_recording.entries:JobStatus",
            "KIB": "_recording.facts:KIB",
            "Key": "_recording.payload_walk:Key",
            "Keys": "_recording.payload_walk:Keys",
            "KindFacts": "_recording.facts:KindFacts",
            "KnownValues": "_recording.known_values:KnownValues",
            "LEAST_FAILURE": "_recording.entries:LEAST_FAILURE",
            "LateContent": "_recording.contents:LateContent",
            "MANUAL": "_recording.kinds.segment:MANUAL",
            "MIB": "_recording.facts:MIB",
            "MISSING": "_recording.changes:MISSING",
            "Masks": "_recording.masks:Masks",
            "Missing": "_recording.changes:Missing",
            "OF_OPERATION": "_recording.facts:OF_OPERATION",
            "Operation": "_recording.entries:Operation",
            "Phase": "_recording.entries:Phase",
            "FlatJson": "_recording.plain_json:FlatJson",
            "PlainJson": "_recording.plain_json:PlainJson",
            "RawItem": "_recording.entries:RawItem",
            "Recorder": "_recording.recording:Recorder",
            "Recording": "_recording.recording:Recording",
            "Rejection": "_recording.rejections:Rejection",
            "Remark": "_recording.entries:Remark",
            "Replacement": "_recording.replacements:Replacement",
            "SAMPLED_TRACES": "_recording.facts:SAMPLED_TRACES",
            "SCOPE_SECTIONS": "_recording.scope_origin:SCOPE_SECTIONS",
            "SECTIONS": "_recording.scope_origin:SECTIONS",
            "SEGMENT_STATUSES": "_recording.kinds.segment:SEGMENT_STATUSES",
            "SOURCE_LINES": "_recording.stack_frames:SOURCE_LINES",
            "SPAN_STATUSES": "_recording.known_values:SPAN_STATUSES",
            "SamplerCall": "_recording.sampling:SamplerCall",
            "Sampling": "_recording.sampling:Sampling",
            "ScopeOrigin": "_recording.scope_origin:ScopeOrigin",
            "ScopeValues": "_recording.scope_origin:ScopeValues",
            "SdkError": "_recording.errors:SdkError",
            "SharedCounter": "_recording.children:SharedCounter",
            "Sort": "_recording.facts:Sort",
            "Source": "_recording.scope_origin:Source",
            "UNSEEN_PROCESSES": "_recording.children:UNSEEN_PROCESSES",
            "USUAL_MASKS": "_recording.masks:USUAL_MASKS",
            "UnderWay": "_recording.under_way:UnderWay",
            "UnseenWork": "_recording.children:UnseenWork",
            "ancestors": "_recording.silence:ancestors",
            "at": "_recording.payload_walk:at",
            "attribute_name": "_recording.attribute_names:attribute_name",
            "attributes_below": "_recording.attribute_names:attributes_below",
            "bytes_of": "_recording.item_contents:bytes_of",
            "bytes_of_test_runner": "_recording.stack_frames:bytes_of_test_runner",
            "certain_entries": "_recording.chance:certain_entries",
            "common_containers": "_recording.payload_walk:common_containers",
            "containers": "_recording.payload_walk:containers",
            "current_operation": "_recording.under_way:current_operation",
            "current_recording": "_recording.under_way:current_recording",
            "differing_places": "_recording.payload_walk:differing_places",
            "dotted": "_recording.payload_walk:dotted",
            "enter_operation": "_recording.under_way:enter_operation",
            "exception_words": "_recording.chains_in_words:exception_words",
            "field_name": "_recording.attribute_names:field_name",
            "first_own_frame": "_recording.stack_frames:first_own_frame",
            "has_at": "_recording.kinds.segment:has_at",
            "hints_of": "_recording.silence:hints_of",
            "interfaces_of": "_recording.fields:interfaces_of",
            "is_attribute": "_recording.protocol_names:is_attribute",
            "is_callable_at": "_recording.callables:is_callable_at",
            "is_empty": "_recording.masks:is_empty",
            "is_id": "_recording.protocol_names:is_id",
            "is_in_file": "_recording.stack_frames:is_in_file",
            "is_made_by_sdk": "_recording.protocol_names:is_made_by_sdk",
            "is_of_protocol": "_recording.protocol_names:is_of_protocol",
            "is_of_test_runner": "_recording.stack_frames:is_of_test_runner",
            "is_within": "_recording.payload_walk:is_within",
            "leave_operation": "_recording.under_way:leave_operation",
            "leaves_it_to_chance": "_recording.sampling:leaves_it_to_chance",
            "letters_of": "_recording.item_contents:letters_of",
            "location_of": "_recording.callables:location_of",
            "location_of_frame": "_recording.callables:location_of_frame",
            "log_payload": "_recording.logged_events:log_payload",
            "mapping_of": "_recording.fields:mapping_of",
            "mark_seen": "_recording.entries:mark_seen",
            "members_of": "_recording.exception_chain:members_of",
            "name_of_content": "_recording.item_contents:name_of_content",
            "names_and_texts": "_recording.payload_walk:names_and_texts",
            "notes_in": "_recording.payload_walk:notes_in",
            "own_attributes": "_recording.exception_chain:own_attributes",
            "parts_of": "_recording.payload_walk:parts_of",
            "paths_in_transaction": "_recording.attribute_names:paths_in_transaction",
            "payloads_of": "_recording.item_contents:payloads_of",
            "plain_answer": "_recording.sampling:plain_answer",
            "redacted_value": "_recording.changes:redacted_value",
            "resolve": "_recording.payload_walk:resolve",
            "resolve_parts": "_recording.payload_walk:resolve_parts",
            "sample_rate_of": "_recording.entries:sample_rate_of",
            "sampled_by_chance": "_recording.chance:sampled_by_chance",
            "sampler_call": "_recording.sampling:sampler_call",
            "served_now": "_recording.under_way:served_now",
            "serving": "_recording.under_way:serving",
            "span_path": "_recording.attribute_names:span_path",
            "tags_of": "_recording.fields:tags_of",
            "transaction_paths": "_recording.attribute_names:transaction_paths",
            "unreadable_items": "_recording.entries:unreadable_items",
            "unseen_failures": "_recording.silence:unseen_failures",
            "unwrapped": "_recording.fields:unwrapped",
            "value_taken_for_mask": "_recording.masks:value_taken_for_mask",
            "walk": "_recording.payload_walk:walk",
            "with_event": "_recording.silence:with_event",
            "without_moved": "_recording.fields:without_moved",
        },
    )
