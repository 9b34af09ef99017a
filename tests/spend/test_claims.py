"""What a figure claims must hold of the data it stands on: one case of each kind, and two more."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from makini_analytics import explain, spend, units
from makini_analytics.spend._goods import NO_GOODS

D = pd.to_datetime


def sold(*rows, **more):
    """Return lines of item, vendor, currency and amount, each an order of its own."""
    frame = pd.DataFrame(rows, columns=["product_code", "vendor_id", "currency", "amount"])
    return frame.assign(order_id=[str(i) for i in range(len(frame))], **more)


# ---- a filter shows fewer rows, it makes no new facts -------------------------------------------------------------------


def test_a_second_vendor_in_another_currency_is_a_second_vendor():
    lines = sold(("A", "x", "EUR", 10.0), ("A", "y", "USD", 10.0), ("B", "x", "EUR", 5.0))
    assert spend.single_source(lines, currency="EUR").product_code.tolist() == ["B"]
    assert spend.single_source(lines, currency="USD").empty
    unknown = sold(("A", "x", "EUR", 10.0), ("A", None, "USD", 10.0))
    assert spend.single_source(unknown, currency="EUR").empty  # the unknown one may be another
    twice = sold(("A", "x", "EUR", 10.0), ("A", "x", "USD", 10.0))
    got = spend.single_source(twice, currency="EUR", min_orders=2)
    assert (got.spend.tolist(), got.n_orders.tolist()) == ([10.0], [1])
    assert {e["reason"]: e["n_lines"] for e in spend.single_source(lines, currency="EUR").attrs["excluded"]} == {
        "other currency": 1,
        "several vendors": 1,
    }


# ---- what is a good -----------------------------------------------------------------------------------------------------

GOODS = """Turbochargers; Discharge valve; Service kit; Transport belts; Frames; Rechargeable batteries; Battery chargers; Frame; Blankets;
Fire blanket; Limit switches; Text labels; Freight elevator; Service parts; Parts and service; Transport trolley; Repair-Service-Kit; stock;
Leistungsschalter; Zuschlagstoffe; Rahmen; Frachtcontainer; Transportband; Servicekoffer; Kit de service; Courroie de transport; Cadre de porte;
Kit de servicio; Cinta transportadora; Cinghia di trasporto; Kit para serviço; Frames for service; Picture frame; Charge air cooler; Tax stamps; Servo
drive; Serving trays; Textiles; Limiter; Contexts; Order forms; Purchase item; 1000; -; Framing; Dienstwagen; Superphosphate"""
SERVICES = """Service; SERVICES; service line; Service item; Service order; Field service; Professional services; Service (external); Services:
cleaning; Services - IT; Freight; Air freight; Freight charge; Freight in; Transport; Road transport; Transport costs; Charge; Surcharges; Alloy
surcharge; Service charge; Text; Text line; Limit; Blanket; Blanket order; Blanket limit; Frame order; Framework agreement; Frame contract;
Dienstleistung; Externe Dienstleistungen; Fracht; Frachtkosten; Zuschlag; Zuschläge; Metallzuschlag; Rahmenbestellung; Rahmen-Vertrag; Textposition;
Prestation de service; Frais de port; Frais de transport; Contrat-cadre; Commande cadre; Servicio técnico; Servicios de limpieza; Flete; Pedido marco;
Servizio di pulizia; Contratto quadro; Serviço; Serviços de manutenção; Frete; Vracht; Toeslag; Usługa transportowa; Freight & charges; Service/Freight; 服务"""


def kinds(text):
    return [kind.strip() for kind in text.replace("\n", " ").split(";")]


@pytest.mark.parametrize("figure", [spend.price_changes, spend.price_dispersion, spend.price_history])
def test_a_service_kit_is_a_good_and_a_service_is_none(figure):
    for wanted, some in ((2, kinds(GOODS)), (0, kinds(SERVICES))):
        for kind in some:
            lines = sold(("P", "v", "EUR", 1.0), ("P", "v", "EUR", 2.0), type=kind, quantity=1.0)
            lines["order_date"] = D(["2024-01-05", "2025-01-05"])
            assert figure(lines).attrs["included"]["n_lines"] == wanted, kind


def test_the_types_that_were_taken_for_services_are_named():
    lines = sold(("P", "v", "EUR", 1.0), ("P", "v", "EUR", 2.0), type=["Field service", "Service kit"], quantity=1.0)
    said = explain(spend.price_dispersion(lines))
    assert "Types taken for services, charges or frame orders: Field service." in said
    assert "Service kit" not in said


def test_the_list_of_words_is_shown():
    shown = (Path(__file__).parents[2] / "docs" / "definitions.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\w+", shown)) >= NO_GOODS


# ---- smaller ones -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("baseline", ["previous_period", "last", "first"])
def test_nothing_priced_is_an_empty_frame(baseline):
    lines = sold(("A", "x", "EUR", 10.0)).assign(quantity=1.0, order_date=D("2025-01-01"))
    want = spend.price_changes(lines, baseline=baseline)
    for nothing in (lines.iloc[:0], lines.assign(quantity=0.0), lines.assign(order_date=pd.NaT)):
        got = spend.price_changes(nothing, baseline=baseline)
        assert len(got) == 0
        assert list(got.columns) == list(want.columns)


def test_a_day_is_no_24_hours():
    for one, other in (("DAY", "HUR"), ("h", "d"), ("days", "min")):
        assert pd.isna(units.factor(one, other))
    unit, times = units.based(pd.Series(["DAY", "d", "tag", "MIN"], dtype="string"))
    assert (unit.tolist(), times.tolist()) == (["DAY", "DAY", "DAY", "H"], [1.0, 1.0, 1.0, 1 / 60])
    hired = sold(("A", "x", "EUR", 80.0), ("A", "x", "EUR", 640.0)).assign(
        quantity=1.0, unit_of_measure=["HUR", "DAY"], order_date=D(["2024-01-01", "2025-01-01"])
    )
    assert spend.price_changes(hired).ppv.isna().all()
