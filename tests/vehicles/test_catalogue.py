"""The models that a driver chooses from."""

from uuid import UUID

from voltway.vehicles.catalogue import found, model, models
from voltway.vehicles.rules_curves import of_model


def test_every_model_has_a_battery_and_a_curve_that_can_be_gone_through() -> None:
    assert len(models()) > 1_000
    for each in models().values():
        assert each.battery_wh > 0
        curve = of_model(each)
        assert (curve is None) == (not each.curve)


def test_a_model_is_found_by_any_of_its_words() -> None:
    titles = [each.title for each in found("ioniq 5 hyundai")]

    assert titles
    assert all("IONIQ 5" in title.upper() for title in titles)
    assert found("  ") == []
    assert found("a car that nobody makes") == []
    assert model(UUID(int=0)) is None
