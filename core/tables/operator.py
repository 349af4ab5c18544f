"""The operator: places, staff, what is sold and at which price."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Sequence,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.tables.base import Base, one_of

ROLES = ("operator", "technician", "csa", "cluster_in_charge", "state_in_charge")
"""The five roles of the seeds (MCOMS 3.5, tables of key users)."""


class Organisation(Base):
    """A mini-grid operator; `features` are its switches (the seeds' HCLF and TaraUrja differ)."""

    __tablename__ = "organisation"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    features: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    credit_limit_paise: Mapped[int | None]
    """Arrears above this flag a connection; None: nobody is flagged. A package may say otherwise."""
    grace_days: Mapped[int] = mapped_column(SmallInteger, server_default=text("7"))
    """How long after its due date a bill does not count as arrears yet."""
    float_limit_paise: Mapped[int | None]
    """The cash a collector may hold before handing over; None: no limit."""
    late_fee_paise: Mapped[int | None]
    """What a bill that stays open costs more, once; it or `late_fee_hundredths`, or none."""
    late_fee_hundredths: Mapped[int | None] = mapped_column(SmallInteger)
    """The same as a share of what is open, in hundredths of a per cent."""
    late_fee_cap_paise: Mapped[int | None]
    late_fee_days: Mapped[int] = mapped_column(SmallInteger, server_default=text("10"))
    """How long after its due date a bill may stay open without it."""
    second_from_paise: Mapped[int | None] = mapped_column(server_default=text("2000000"))
    """From this amount on two people approve; None: one is enough for any."""
    __table_args__ = (
        CheckConstraint("second_from_paise > 0", name="second_positive"),
        CheckConstraint("credit_limit_paise >= 0 AND grace_days >= 0", name="not_negative"),
        CheckConstraint("float_limit_paise > 0", name="float_positive"),
        CheckConstraint("num_nonnulls(late_fee_paise, late_fee_hundredths) <= 1", name="late_fee_one_rule"),
        CheckConstraint("late_fee_paise > 0 AND late_fee_hundredths > 0", name="late_fee_positive"),
        CheckConstraint("late_fee_cap_paise > 0 AND late_fee_days >= 0", name="late_fee_bounds"),
    )


class ApprovalLimit(Base):
    """What a role of an organisation approves alone, in paise; None: without end. No row: core/limits.py."""

    __tablename__ = "approval_limit"
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    limit_paise: Mapped[int | None]
    __table_args__ = (
        one_of("role", ("cluster_in_charge", "state_in_charge")),
        CheckConstraint("limit_paise > 0", name="positive"),
    )


class State(Base):
    __tablename__ = "state"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class Cluster(Base):
    __tablename__ = "cluster"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    state_id: Mapped[int] = mapped_column(ForeignKey("state.id"))
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


plant_number_seq = Sequence("plant_number_seq", start=11, metadata=Base.metadata)


class Plant(Base):
    """A mini-grid. `number` leads its receipt numbers, so that it must never change."""

    __tablename__ = "plant"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id"))
    code: Mapped[str] = mapped_column(unique=True)
    number: Mapped[int] = mapped_column(
        SmallInteger, plant_number_seq, unique=True, server_default=plant_number_seq.next_value()
    )
    name: Mapped[str]
    name_local: Mapped[str | None]


class Staff(Base):
    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_local: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(unique=True)
    role: Mapped[str]
    listed: Mapped[bool] = mapped_column(server_default=text("true"))
    """What the operator's spreadsheet says."""
    blocked_phone: Mapped[str | None]
    """A number of theirs that was lost; whoever gets another one acts with it at once."""
    active: Mapped[bool] = mapped_column(
        Computed("listed AND (blocked_phone IS NULL OR blocked_phone IS DISTINCT FROM phone)", persisted=True)
    )
    cash_limit_paise: Mapped[int] = mapped_column(server_default=text("500000"))
    """The largest cash payment taken from one line of text without a second look."""
    float_limit_paise: Mapped[int | None]
    """The cash one may hold before handing over; None: as the organisation says."""
    __table_args__ = (
        one_of("role", ROLES),
        CheckConstraint("float_limit_paise > 0", name="float_positive"),
    )


class StaffPin(Base):
    """The PIN of a member of staff as an Argon2id hash; `pending` until it is typed a second time."""

    __tablename__ = "staff_pin"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True, autoincrement=False)
    digest: Mapped[str | None]
    pending: Mapped[str | None]
    failures: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    """Wrong ones in a row; at the limit it is locked."""
    set_at: Mapped[datetime | None]


class StaffScope(Base):
    """Where a staff member may act: a plant, a cluster or a state. The view staff_plant resolves it."""

    __tablename__ = "staff_scope"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    plant_id: Mapped[int | None] = mapped_column(ForeignKey("plant.id"))
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("cluster.id"))
    state_id: Mapped[int | None] = mapped_column(ForeignKey("state.id"))
    __table_args__ = (
        CheckConstraint("num_nonnulls(plant_id, cluster_id, state_id) = 1", name="one_place"),
        UniqueConstraint(
            "staff_id", "plant_id", "cluster_id", "state_id", postgresql_nulls_not_distinct=True
        ),
    )


class Package(Base):
    """What a connection is sold: load (watts), hours, price, before or after use, metered or not."""

    __tablename__ = "package"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_local: Mapped[str | None]
    load_watts: Mapped[int]
    hours: Mapped[str]
    """Supply window as people say it, e.g. 24 or 17:00-23:00."""
    energy_paise: Mapped[int] = mapped_column(server_default=text("0"))
    """Price of one kWh, in paise; 0 for a flat monthly package."""
    monthly_paise: Mapped[int] = mapped_column(server_default=text("0"))
    deposit_paise: Mapped[int] = mapped_column(server_default=text("0"))
    prepaid: Mapped[bool]
    metered: Mapped[bool]
    credit_limit_paise: Mapped[int | None]
    """None, as with `grace_days`: what the organisation says."""
    grace_days: Mapped[int | None] = mapped_column(SmallInteger)
    __table_args__ = (
        CheckConstraint("credit_limit_paise >= 0 AND grace_days >= 0", name="limit_not_negative"),
        CheckConstraint(
            "load_watts > 0 AND energy_paise >= 0 AND monthly_paise >= 0 AND deposit_paise >= 0",
            name="not_negative",
        ),
    )


class Tariff(Base):
    """A package's prices from a day on: a bill is priced by the version of its own first day."""

    __tablename__ = "tariff"
    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id"))
    valid_from: Mapped[date]
    monthly_paise: Mapped[int]
    rest_band: Mapped[str] = mapped_column(server_default=text("''"))
    """The band that takes energy which no register explains; empty where there are no bands."""
    __table_args__ = (
        UniqueConstraint("package_id", "valid_from"),
        CheckConstraint("monthly_paise >= 0", name="not_negative"),
    )


class TariffStep(Base):
    """The price of a kWh in a band, in paise, between two bounds of a month's energy."""

    __tablename__ = "tariff_step"
    tariff_id: Mapped[int] = mapped_column(ForeignKey("tariff.id"), primary_key=True)
    band: Mapped[str] = mapped_column(primary_key=True, server_default=text("''"))
    from_wh: Mapped[int] = mapped_column(primary_key=True, server_default=text("0"))
    upto_wh: Mapped[int | None]
    """None: without end."""
    paise: Mapped[int]
    __table_args__ = (CheckConstraint("paise >= 0 AND from_wh >= 0 AND upto_wh > from_wh", name="in_order"),)


class PackagePlant(Base):
    """A plant offers a package."""

    __tablename__ = "package_plant"
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id"), primary_key=True)
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), primary_key=True)
