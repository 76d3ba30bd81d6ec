"""What a station of 2.x measured, in our words."""

from voltway.ocpp import metering
from voltway.ocpp.dialect import moment
from voltway.ocpp.metering import Sample
from voltway.ocpp.v201 import wire
from voltway.stations.reports import Deviation, Reading


def readings(values: list[wire.MeterValue], deviations: list[Deviation]) -> tuple[Reading, ...]:
    found: list[Reading] = []
    for value in values:
        at = moment(value.timestamp, deviations)
        samples = [
            Sample(
                sample.value,
                sample.measurand or metering.ENERGY,
                unit.unit if (unit := sample.unit_of_measure) else None,
                (unit.multiplier or 0) if unit else 0,
                sample.phase,
                sample.context,
                sample.location,
                # The number stands beside its signature here, unlike in 1.6: both are kept.
                _signed(sample.signed_meter_value) if sample.signed_meter_value else None,
            )
            for sample in value.sampled_value
        ]
        found += metering.readings(at, samples, deviations)
    return tuple(found)


def _signed(signed: wire.SignedMeterValue) -> dict[str, str]:
    return {
        "data": signed.signed_meter_data,
        "method": signed.signing_method,
        "encoding": signed.encoding_method,
        "key": signed.public_key,
    }
