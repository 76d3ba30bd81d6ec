"""Whether a car can charge at a connector at all: by current, and by what fits into its inlet."""

from typing import Final

from voltway.vehicles.model import EvModel

#: OCPI connector types that give DC, and the inlets (as Open EV Data names them) that they fit.
DC_FITS: Final = {
    "IEC_62196_T2_COMBO": frozenset({"ccs", "tesla_ccs"}),
    "IEC_62196_T1_COMBO": frozenset({"ccs", "tesla_ccs"}),
    "CCS": frozenset({"ccs", "tesla_ccs"}),
    "CHADEMO": frozenset({"chademo"}),
    "TESLA_S": frozenset({"tesla_suc", "tesla_ccs"}),
}


def takes(model: EvModel, connector_type: str, *, is_dc: bool) -> bool:
    """Whether a model can charge there. AC is a matter of the driver's own cable, and a connector
    or an inlet of which nothing is known is believed to fit."""
    if not is_dc:
        return model.ac_w > 0
    fits = DC_FITS.get(connector_type)
    if not fits or not model.plugs:
        return model.dc_w > 0
    return bool(fits & model.plugs)
