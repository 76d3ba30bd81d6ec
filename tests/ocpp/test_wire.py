"""The wire messages are the standard's schemas, all of them, and nothing else."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from tests.ocpp.schemas import PACKAGES, assert_conforms, schema_folder
from voltway.ocpp.reading import read
from voltway.ocpp.shapes import Action, Wire
from voltway.ocpp.writing import write

ROOT = Path(__file__).parents[2]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "generate_wire", ROOT / "scripts" / "generate_wire.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate_wire"] = module
    spec.loader.exec_module(module)
    return module


def actions(version: str) -> dict[str, Action]:
    table: dict[str, Action] = importlib.import_module(
        f"voltway.ocpp.{PACKAGES[version]}.wire"
    ).ACTIONS
    return table


def every_message() -> Iterator[tuple[str, str, bool, type[Wire]]]:
    for version in PACKAGES:
        for name, action in actions(version).items():
            yield version, name, False, action.request
            if action.response is not None:
                yield version, name, True, action.response


EVERY_MESSAGE = pytest.mark.parametrize(
    ("version", "action", "response", "kind"),
    [
        pytest.param(*message, id=f"{message[0]} {message[3].__name__}")
        for message in every_message()
    ],
)


def example(kind: inspect.Type, *, whole: bool) -> Any:
    """A value of a type: with all optional members, or with none."""
    match kind:
        case inspect.StructType(cls=cls, fields=fields):
            return cls(
                **{
                    field.name: example(field.type, whole=whole)
                    for field in fields
                    if whole or field.required
                }
            )
        case inspect.UnionType(types=types):
            return example(
                next(one for one in types if not isinstance(one, inspect.NoneType)), whole=whole
            )
        case inspect.ListType(item_type=item, min_length=least):
            return [example(item, whole=whole)] * max(1, least or 0)
        case inspect.LiteralType(values=values):
            return values[-1]
        case inspect.StrType(max_length=most):
            return "x" * (most or 20)
        case inspect.IntType(ge=least):
            return max(1, int(least or 0))
        case inspect.DecimalType() | inspect.Metadata():
            return Decimal(0)  # the one number that all bounds of the schemas allow
        case inspect.BoolType():
            return True
        case inspect.DictType():
            return {"vendorId": "example"}
        case _:
            return "anything"


@pytest.mark.parametrize("version", PACKAGES.values())
def test_the_wire_module_is_what_the_generator_makes_of_the_schemas(version: str) -> None:
    made = generator()

    assert made.path_of(version).read_text() == made.generate(version), (
        "run scripts/generate_wire.py and check in what it makes"
    )


@pytest.mark.parametrize("version", PACKAGES)
def test_every_schema_of_the_standard_has_its_message(version: str) -> None:
    schemas = list(schema_folder(version).glob("*.json"))
    messages = [message for message in every_message() if message[0] == version]

    assert len(messages) == len(schemas) > 70


@EVERY_MESSAGE
@pytest.mark.parametrize("whole", [False, True], ids=["least", "whole"])
def test_a_message_is_written_as_its_schema_has_it(
    version: str, action: str, response: bool, kind: type[Wire], whole: bool
) -> None:
    message = example(inspect.type_info(kind), whole=whole)

    payload = write(message)

    assert_conforms(version, action, payload, response=response)
    assert read(kind, payload) == (message, ())


@EVERY_MESSAGE
def test_the_schema_refuses_what_the_strict_type_refuses(
    version: str, action: str, response: bool, kind: type[Wire]
) -> None:
    stranger = b'{"memberOfNoMessage":1}'

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(stranger, type=kind)
    with pytest.raises(AssertionError):
        assert_conforms(version, action, stranger, response=response)


@pytest.mark.parametrize(
    ("version", "action", "by"),
    [
        ("1.6", "StartTransaction", "station"),
        ("1.6", "RemoteStartTransaction", "csms"),
        ("1.6", "DataTransfer", "both"),
        ("1.6", "SignCertificate", "station"),
        ("1.6", "CertificateSigned", "csms"),
        ("2.0.1", "TransactionEvent", "station"),
        ("2.0.1", "GetCertificateStatus", "station"),
        ("2.0.1", "CostUpdated", "csms"),
        ("2.1", "NotifySettlement", "station"),
        ("2.1", "NotifyWebPaymentStarted", "csms"),
        ("2.1", "NotifyAllowedEnergyTransfer", "csms"),
    ],
)
def test_an_action_knows_who_says_it(version: str, action: str, by: str) -> None:
    assert actions(version)[action].by == by


def test_only_the_stream_of_events_has_no_answer() -> None:
    silent = [
        (version, name)
        for version in PACKAGES
        for name, action in actions(version).items()
        if action.response is None
    ]

    assert silent == [("2.1", "NotifyPeriodicEventStream")]


def test_one_type_serves_the_meter_values_of_both_messages_of_1_6() -> None:
    from voltway.ocpp.v16 import wire

    value = wire.MeterValue(timestamp="2026-03-02T12:00:00Z", sampled_value=[])
    wire.StopTransactionRequest(
        meter_stop=1, timestamp="2026-03-02T12:00:00Z", transaction_id=1, transaction_data=[value]
    )
    wire.MeterValuesRequest(connector_id=1, meter_value=[value])


def test_a_message_with_a_word_that_the_standard_lacks_is_not_written() -> None:
    from voltway.ocpp.v16 import wire

    with pytest.raises(AssertionError, match="status"):
        write(wire.ResetResponse(status="Maybe"))


def test_free_text_is_cut_to_fit_and_nothing_else_is() -> None:
    from voltway.ocpp.v201 import wire

    told = wire.StatusInfo(reason_code="NoError", additional_info="a" * 600)
    payload = write(wire.ResetResponse(status="Accepted", status_info=told))

    assert_conforms("2.0.1", "Reset", payload, response=True)
    with pytest.raises(AssertionError):
        write(
            wire.ResetResponse(status="Accepted", status_info=wire.StatusInfo(reason_code="a" * 21))
        )


def test_a_number_that_is_none_is_not_written() -> None:
    from voltway.ocpp.v201 import wire

    with pytest.raises(AssertionError):
        write(wire.CostUpdatedRequest(total_cost=Decimal("NaN"), transaction_id="t-1"))


def test_a_number_beyond_its_bounds_is_not_written_and_is_told_when_read() -> None:
    from voltway.ocpp.v21 import wire

    period = wire.ChargingSchedulePeriod(start_period=0, discharge_limit=Decimal("0.5"))
    schedule = wire.CompositeSchedule(
        evse_id=1,
        duration=60,
        schedule_start="2026-03-02T12:00:00Z",
        charging_rate_unit="W",
        charging_schedule_period=[period],
    )
    message = wire.GetCompositeScheduleResponse(status="Accepted", schedule=schedule)

    with pytest.raises(AssertionError, match="out_of_range"):
        write(message)
    payload = msgspec.json.Encoder(decimal_format="number").encode(message)
    read_again, deviations = read(wire.GetCompositeScheduleResponse, payload)
    assert read_again == message
    assert [deviation.kind for deviation in deviations] == ["out_of_range"]
