"""The order of tables inside the rooms that both the night and training walk through."""

SPELL_TABLES = ("spells.certificate_segments", "spells.spells", "spells.ongoing", "spells.coordination_state")
FEATURE_TABLES = tuple(
    f"features.{group}"
    for group in (
        "spell_course", "certificates", "diagnoses", "history", "contacts", "benefits", "person", "spell_features",
    )
)  # fmt: skip
