"""From raw certificates to those a care unit's screen is counted from, through every table on the way."""

import datetime as dt

import polars as pl

RAW = {
    "certificate_id": pl.String, "person_key": pl.Int64, "unit_id": pl.String, "doctor_id": pl.String,
    "issued_at": pl.Datetime("us"), "received_at": pl.Datetime("us"), "form": pl.String, "diagnosis_1": pl.String,
    "diagnosis_2": pl.String, "diagnosis_3": pl.String, "occupation": pl.String, "prognosis": pl.String,
    "prognosis_days": pl.Int32, "measures": pl.String, "replaces_id": pl.String, "revoked_at": pl.Datetime("us"),
    "exclude": pl.String, "provider_id": pl.String, "known_on": pl.Date, "superseded_on": pl.Date,
}  # fmt: skip
PERIODS = {
    "certificate_id": pl.String, "start_date": pl.Date, "end_date": pl.Date, "degree": pl.Int32, "known_on": pl.Date,
    "superseded_on": pl.Date,
}  # fmt: skip
UNITS = {"unit_id": pl.String, "provider_id": pl.String, "parent_id": pl.String}
PERSONS = {"person_key": pl.Int64, "deceased_on": pl.Date, "protected": pl.Boolean}


def screen(run_table, certificates, periods, as_of, units=(), persons=(), days_since_end=0) -> pl.DataFrame:
    """spells.unit_certificates at `as_of`; each argument a list of dicts, what they leave out is blank or plain."""
    signed = [{"person_key": 1, "unit_id": "U1", "diagnosis_1": "F430", **one} for one in certificates]
    keys = sorted({one["person_key"] for one in signed})
    told = {one["person_key"]: one for one in persons}
    run_table.fill("ingest.units", pl.DataFrame(list(units) or [{"unit_id": "U1"}], schema=UNITS))
    run_table.fill("ingest.persons", pl.DataFrame([{"person_key": key, "protected": False, **told.get(key, {})} for key in keys], schema=PERSONS))
    run_table.fill("raw.certificates", pl.DataFrame(signed, schema=RAW))
    run_table.fill("raw.certificate_periods", pl.DataFrame([{"degree": 100, **one} for one in periods], schema=PERIODS))
    run_table("ingest.certificates")
    run_table("ingest.certificate_periods")
    run_table.fill("moments.asked", run_table("moments.nightly", as_of=as_of.isoformat()))
    return run_table("spells.unit_certificates", days_since_end=days_since_end)


def selected(case: dict, run_table) -> list[str]:
    """Ids of the certificates in force today that reach the screen of the units and care giver that a shared case asks about."""
    certificates = [
        {
            "certificate_id": one["id"], "unit_id": one["unit"], "provider_id": one["care_giver"],
            "issued_at": dt.datetime.fromisoformat(one["issued_at"]), "diagnosis_1": one["diagnosis"],
            "replaces_id": one["replaces"],
            "revoked_at": dt.datetime.fromisoformat(one["issued_at"]) + dt.timedelta(hours=1) if one["revoked"] else None,
        }
        for one in case["certificates"]
    ]  # fmt: skip
    periods = [
        {"certificate_id": one["id"], "start_date": dt.date.fromisoformat(period["start"]),
         "end_date": dt.date.fromisoformat(period["end"]), "degree": period["degree"]}
        for one in case["certificates"] for period in one["periods"]
    ]  # fmt: skip
    units = [{"unit_id": unit, "provider_id": case["care_giver"]} for unit in case["units"]]
    made = screen(run_table, certificates, periods, dt.date.fromisoformat(case["active_date"]), units)
    return sorted(made["certificate_id"].unique().to_list())
