"""The schema: every table, with the constraints the database itself keeps.

Triggers (append-only rows, balanced entries, account balances) stand in the migrations, because
SQLAlchemy's metadata has no words for them.
"""

from core.tables.base import Base
from core.tables.books import (
    Account,
    Bill,
    BillingRun,
    Entry,
    Payment,
    Posting,
    Receipt,
    ReceiptCheck,
    ReceiptCounter,
)
from core.tables.broadcasts import Broadcast
from core.tables.cash import CashClose, CashList, Dispute, Handover
from core.tables.coupons import (
    Coupon,
    CouponCheck,
    CouponOrder,
    CouponPackage,
    CouponPlace,
    CouponScheme,
)
from core.tables.customers import Connection, ConnectionPhone, Customer, Phone
from core.tables.dlt import DltTemplate
from core.tables.dunning import BillLateFee, LateFeeRound, Promise, ReminderRound
from core.tables.inbox import Note, NoteLine
from core.tables.messages import (
    Audit,
    AuditSeal,
    Consent,
    GatewayPause,
    Handled,
    Inbound,
    OneTimeCode,
    Outbox,
)
from core.tables.meters import MeterChange, Reading, ReadingWas, SelfReading
from core.tables.online import BankLine, OnlinePayment, PaymentLink, ProviderEvent
from core.tables.operator import (
    ApprovalLimit,
    Cluster,
    Organisation,
    Package,
    PackagePlant,
    Plant,
    Staff,
    StaffPin,
    StaffScope,
    State,
    Tariff,
    TariffStep,
)
from core.tables.photos import Photo
from core.tables.schemes import Instalment, Plan, Scheme, SchemePlace
from core.tables.supply import ConnectionFlag, ConnectionStatus, MeterCommand, MeterState
from core.tables.water import WaterReading, WaterSale
from core.tables.whatsapp import WhatsAppContent, WhatsAppTemplate
from core.tables.work import Leave, Outage, Request, RequestEvent

__all__ = [
    "Account",
    "ApprovalLimit",
    "Audit",
    "AuditSeal",
    "BankLine",
    "Base",
    "Bill",
    "BillLateFee",
    "BillingRun",
    "Broadcast",
    "CashClose",
    "CashList",
    "Cluster",
    "Connection",
    "ConnectionFlag",
    "ConnectionPhone",
    "ConnectionStatus",
    "Consent",
    "Coupon",
    "CouponCheck",
    "CouponOrder",
    "CouponPackage",
    "CouponPlace",
    "CouponScheme",
    "Customer",
    "Dispute",
    "DltTemplate",
    "Entry",
    "GatewayPause",
    "Handled",
    "Handover",
    "Inbound",
    "Instalment",
    "LateFeeRound",
    "Leave",
    "MeterChange",
    "MeterCommand",
    "MeterState",
    "Note",
    "NoteLine",
    "OneTimeCode",
    "OnlinePayment",
    "Organisation",
    "Outage",
    "Outbox",
    "Package",
    "PackagePlant",
    "Payment",
    "PaymentLink",
    "Phone",
    "Photo",
    "Plan",
    "Plant",
    "Posting",
    "Promise",
    "ProviderEvent",
    "Reading",
    "ReadingWas",
    "Receipt",
    "ReceiptCheck",
    "ReceiptCounter",
    "ReminderRound",
    "Request",
    "RequestEvent",
    "Scheme",
    "SchemePlace",
    "SelfReading",
    "Staff",
    "StaffPin",
    "StaffScope",
    "State",
    "Tariff",
    "TariffStep",
    "WaterReading",
    "WaterSale",
    "WhatsAppContent",
    "WhatsAppTemplate",
]
