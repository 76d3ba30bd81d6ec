"""Frames of OCPP-J: what is a call, what is refused how, and what can never break us."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.ocpp import frame
from voltway.ocpp.faults import BrokenFrame, BrokenPayload, Fault, Version
from voltway.ocpp.limits import FRAME_BYTES_MAX, parse

VERSIONS: tuple[Version, ...] = ("1.6", "2.0.1", "2.1")

QUIRKS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "cases" / "quirks.jsonl").read_text().splitlines()
]


def refused(text: bytes | str, version: Version) -> BrokenFrame:
    with pytest.raises(BrokenFrame) as caught:
        frame.decode(text, version)
    return caught.value


def answer(text: bytes | str, version: Version) -> Any:
    """What a broken frame is answered with, read as JSON."""
    said = frame.refusal(refused(text, version), version)
    return None if said is None else json.loads(said)


def test_a_call_has_an_id_an_action_and_a_payload_that_is_not_yet_read() -> None:
    call = frame.decode(b'[2, "7", "Heartbeat", {"x": 1}]', "1.6")

    assert isinstance(call, frame.Call)
    assert (call.id, call.action) == ("7", "Heartbeat")
    assert frame.payload_of(call) == b'{"x": 1}'
    assert call.tolerated == ()


def test_a_result_and_an_error_are_told_apart() -> None:
    result = frame.decode('[3,"7",{"status":"Accepted"}]', "2.0.1")
    error = frame.decode('[4,"7","NotImplemented","",{}]', "2.0.1")

    assert isinstance(result, frame.CallResult)
    assert isinstance(error, frame.CallError)
    assert error.fault is Fault.NOT_IMPLEMENTED


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_encoded_is_decoded_again(version: Version) -> None:
    for sent in (
        frame.Call('a"1', "Reset", frame.EMPTY),
        frame.CallResult("ü", frame.EMPTY),
        frame.CallError("7", "InternalError", "why", frame.EMPTY),
    ):
        assert frame.decode(frame.encode(sent), version) == sent


def test_only_2_1_knows_messages_without_answer() -> None:
    send = b'[6,"7","NotifyPeriodicEventStream",{"id":1,"pending":0,"data":[]}]'

    assert isinstance(frame.decode(send, "2.1"), frame.Send)
    assert isinstance(frame.decode(b'[5,"7","GenericError","",{}]', "2.1"), frame.CallResultError)
    assert answer(send, "2.0.1")[:3] == [4, "7", "MessageTypeNotSupported"]


def test_only_2_0_1_answers_a_type_of_message_that_nobody_knows() -> None:
    strange = b'[9,"7","Anything",{}]'

    assert answer(strange, "2.0.1")[:3] == [4, "7", "MessageTypeNotSupported"]
    assert answer(strange, "1.6") is None
    assert answer(strange, "2.1") is None


def test_a_null_payload_is_an_empty_one() -> None:
    call = frame.decode(b'[2,"1","Heartbeat",null]', "1.6")

    assert isinstance(call, frame.Call)
    assert frame.payload_of(call) == b"{}"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param('[2,7,"Heartbeat",{}]', "number_as_text", id="its id is a number"),
        pytest.param('["2","7","Heartbeat",{}]', "text_as_number", id="its type is text"),
        pytest.param('[2,"7","Heartbeat"]', "frame_length", id="it has no payload"),
        pytest.param('[2,"7","Heartbeat",{},{}]', "frame_length", id="it has an element more"),
    ],
)
def test_a_call_is_understood_though(text: str, kind: str) -> None:
    call = frame.decode(text, "1.6")

    assert isinstance(call, frame.Call)
    assert (call.id, call.action, frame.payload_of(call)) == ("7", "Heartbeat", b"{}")
    assert [deviation.kind for deviation in call.tolerated] == [kind]


def test_a_byte_order_mark_is_no_trouble() -> None:
    call = frame.decode(b'\xef\xbb\xbf[2,"7","Heartbeat",{}]', "1.6")

    assert isinstance(call, frame.Call)


def test_the_numbers_of_a_frame_that_was_mended_stay_exact() -> None:
    call = frame.decode('[2,7,"X",{"value":0.30000000000000004,"whole":9007199254740993}]', "2.1")

    assert isinstance(call, frame.Call)
    assert frame.payload_of(call) == b'{"value":0.30000000000000004,"whole":9007199254740993}'


@pytest.mark.parametrize(
    "text", ['[4,"7","NotImplemented"]', '[4,"7","NotImplemented",null]', '[4,"7","x","y","z",1]']
)
def test_an_error_may_have_three_to_five_elements_of_any_type(text: str) -> None:
    error = frame.decode(text, "1.6")

    assert isinstance(error, frame.CallError)
    assert error.id == "7"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('[2,"a1","X",{"y":,}]', [4, "a1", "FormationViolation"], id="no JSON"),
        pytest.param('[2,"a1","X",{"y":1}', [4, "a1", "FormationViolation"], id="cut off"),
        pytest.param('[2,"a1"]', [4, "a1", "FormationViolation"], id="no action"),
        pytest.param("hello", None, id="no frame at all: 1.6 has no answer without an id"),
        pytest.param('[3,"a1",{"y":]', None, id="a broken answer is never answered"),
        pytest.param('[9,"a1",{}]', None, id="an unknown type is ignored"),
    ],
)
def test_a_broken_frame_of_1_6(text: str, said: list[Any] | None) -> None:
    given = answer(text, "1.6")

    assert (given and given[:3]) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('[2,"a1","X",{"y":,}]', [4, "a1", "FormatViolation"], id="no JSON"),
        pytest.param('[2,"a1"]', [4, "a1", "RpcFrameworkError"], id="no action"),
        pytest.param("hello", [4, "-1", "RpcFrameworkError"], id="no frame at all"),
        pytest.param("[]", [4, "-1", "RpcFrameworkError"], id="an empty array"),
        pytest.param('[2,"","X",{}]', [4, "-1", "RpcFrameworkError"], id="an empty id"),
        pytest.param('[2,{},"X",{}]', [4, "-1", "RpcFrameworkError"], id="an object for an id"),
        pytest.param('[3,"a1",{"y":]', None, id="a broken answer is never answered"),
        pytest.param('[9,"a1",{}]', [4, "a1", "MessageTypeNotSupported"], id="an unknown type"),
    ],
)
def test_a_broken_frame_of_2_0_1(text: str, said: list[Any] | None) -> None:
    given = answer(text, "2.0.1")

    assert (given and given[:3]) == said


@pytest.mark.parametrize(
    ("fault", "spellings"),
    [
        (Fault.FORMAT, ("FormationViolation", "FormatViolation", "FormatViolation")),
        (
            Fault.OCCURRENCE,
            (
                "OccurenceConstraintViolation",
                "OccurenceConstraintViolation",
                "OccurrenceConstraintViolation",
            ),
        ),
        (Fault.TYPE, ("TypeConstraintViolation",) * 3),
        (Fault.PROPERTY, ("PropertyConstraintViolation",) * 3),
        (Fault.NOT_IMPLEMENTED, ("NotImplemented",) * 3),
        (Fault.NOT_SUPPORTED, ("NotSupported",) * 3),
    ],
)
def test_each_version_spells_a_fault_its_way_and_all_spellings_are_read(
    fault: Fault, spellings: tuple[str, ...]
) -> None:
    assert tuple(fault.spelled(version) for version in VERSIONS) == spellings
    assert {Fault.read(spelling) for spelling in spellings} == {fault}


def test_a_code_of_no_version_is_a_generic_error() -> None:
    assert Fault.read("SomethingWentWrong") is Fault.GENERIC


def test_a_frame_beyond_a_mebibyte_is_refused_with_its_id() -> None:
    text = '[2,"a1","DataTransfer",{"vendorId":"x","data":"' + "y" * FRAME_BYTES_MAX + '"}]'

    assert answer(text, "1.6")[:3] == [4, "a1", "FormationViolation"]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        pytest.param(b'{"a":' * 33 + b"1" + b"}" * 33, "deeper than 32", id="objects"),
        pytest.param(b"[" * 100_000, "deeper than 32", id="open brackets without end"),
        pytest.param(b"[" + b"1," * 10_000 + b"1]", "more than 10000", id="items"),
        pytest.param(b'{"a":1,"a":2}', "twice", id="the same member twice"),
        pytest.param(b'{"a":' + b"9" * 41 + b"}", "more than 40", id="a long whole number"),
        pytest.param(b'{"a":0.' + b"9" * 40 + b"}", "more than 40", id="a long fraction"),
        pytest.param(b'{"a":NaN}', "no number", id="not a number"),
        pytest.param(b'{"a":', "no JSON", id="cut off"),
    ],
)
def test_a_payload_beyond_our_caps_is_refused(payload: bytes, why: str) -> None:
    with pytest.raises(BrokenPayload, match=why):
        parse(payload)


def test_a_payload_at_our_caps_is_read() -> None:
    parse(b'{"a":' * 32 + b"1" + b"}" * 32)
    parse(b'{"a":' + b"9" * 40 + b"}")
    parse(b"[" + b"1," * 9_999 + b"1]")


@pytest.mark.parametrize("version", VERSIONS)
def test_brackets_without_end_do_not_exhaust_the_stack(version: Version) -> None:
    assert refused(b'[2,"a1","X",' + b"[" * 100_000, version).message_id == "a1"


def syntax_quirks() -> Iterator[Any]:
    for quirk in QUIRKS:
        said = quirk["reply"]
        if said.startswith("callerror:Form") and quirk["frames_valid_json"] is False:
            for number, text in enumerate(quirk["frames"]):
                yield pytest.param(text, said.partition(":")[2], id=f"{quirk['id']}-{number}")


@pytest.mark.parametrize(("text", "code"), list(syntax_quirks()))
def test_a_station_that_writes_no_json_is_answered_by_its_message_id(text: str, code: str) -> None:
    said = answer(text, "1.6")

    assert said[0] == 4
    assert f'"{said[1]}"' in text
    assert said[2] == code


def readable_quirks() -> Iterator[Any]:
    for quirk in QUIRKS:
        if quirk["frames_valid_json"]:
            for number, text in enumerate(quirk["frames"]):
                yield pytest.param(
                    text.replace("{TX}", "12").replace("{ID}", "34"), id=f"{quirk['id']}-{number}"
                )


@pytest.mark.parametrize("text", list(readable_quirks()))
def test_a_quirk_that_is_json_is_a_frame(text: str) -> None:
    for version in VERSIONS:
        said = frame.decode(text, version)
        assert f'"{said.id}"' in text


@given(text=st.one_of(st.binary(), st.text()))
def test_no_bytes_break_the_decoder(text: bytes | str) -> None:
    for version in VERSIONS:
        try:
            frame.decode(text, version)
        except BrokenFrame as trouble:
            said = frame.refusal(trouble, version)
            assert said is None or json.loads(said)[0] == 4


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(elements=st.lists(JSON), kind=st.sampled_from([2, 3, 4, 5, 6, 7, "2", None]))
def test_no_array_breaks_the_decoder(elements: list[Any], kind: Any) -> None:
    text = json.dumps([kind, *elements])
    for version in VERSIONS:
        try:
            frame.decode(text, version)
        except BrokenFrame as trouble:
            frame.refusal(trouble, version)


@given(
    message_id=st.text(st.characters(), min_size=1),
    description=st.text(st.characters()),
    fault=st.sampled_from(Fault),
)
def test_an_error_can_always_be_said(message_id: str, description: str, fault: Fault) -> None:
    for version in VERSIONS:
        said = json.loads(frame.error(message_id, fault, version, description))

        assert said == [4, message_id, fault.spelled(version), description[:255], {}]
        assert frame.error(message_id, fault, version, description).isascii()
