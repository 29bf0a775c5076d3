"""What the reference page says about scopes, permissions, claims; the words themselves come from `powerepos.contract`."""

import msgspec
from powerepos.contract import (
    SERVICE_PERMISSIONS,
    SERVICE_SCOPES,
    AuthServerClaims,
    AuthServerScopes,
    GrantClaims,
    Permissions,
    RegisteredClaims,
)
from powerepos.contract.results import Outcomes
from powerepos.contract.sales import BatchItemErrorCode
from powerepos.contract.stock import RequestResultCode, StockItemStringItemType

SCOPE_TEXTS = {
    AuthServerScopes.PARTNER_SERVICE: "Partner Services: sales batches and stock orders.",
    AuthServerScopes.REMOTE_ORDER_SERVER: "The remote order server. By `client_credentials` only.",
    AuthServerScopes.DATA_EXTRACTION_SERVICE: "The data extraction service.",
    AuthServerScopes.REPORTING_SERVER: "The reporting server.",
    AuthServerScopes.OFFLINE_ACCESS: "No service: asks for a refresh token beside the access token.",
}

PERMISSION_TEXTS = {
    Permissions.PARTNER_SALES_SUBMIT: "Submit and finalise sales; read one’s own sales and Zs.",
    Permissions.PARTNER_SALES_VIEW: "Read one’s own sales and Zs.",
    Permissions.PARTNER_STOCK_SUBMIT: "Submit stock orders; read one’s own.",
    Permissions.REPORTING_DATA_VIEW: "Reserved for the reporting server.",
    Permissions.RAW_DATA_VIEW: "Reserved for the reporting server.",
}

CLAIM_TEXTS = {
    RegisteredClaims.ISSUER: "The AuthServer’s URL, without a slash at the end.",
    RegisteredClaims.AUDIENCE: "The same as `svc`: the only service that accepts the token.",
    AuthServerClaims.SERVICE: "URI of the service instance to call. Ends in a slash, and can change from token to token.",
    RegisteredClaims.SCOPE: "The service scope, one word.",
    RegisteredClaims.CLIENT_ID: "Your ClientID.",
    AuthServerClaims.SUBJECT: "The service account’s ID; your ClientID for `client_credentials`.",
    AuthServerClaims.USER_ID: "The same as `sub`.",
    AuthServerClaims.ORGANISATION_CODE: "Organisation Code, as registered.",
    AuthServerClaims.KAPOW: "GUID of the organisation.",
    AuthServerClaims.ROOT_NODES: "GUIDs of the outlets granted. The organisation’s own GUID alone means all outlets; an "
    "empty list opens none.",
    AuthServerClaims.PERMISSION_GROUP_ASSIGNMENTS: "Names of the permissions granted.",
    RegisteredClaims.ISSUED_AT: "When it was issued, in seconds since 1970.",
    RegisteredClaims.EXPIRY: "When it ends, in seconds since 1970.",
    RegisteredClaims.TOKEN_ID: "The token’s own ID.",
    GrantClaims.GRANT_ID: "The sign-in that it belongs to. All tokens of a refresh chain share it.",
    GrantClaims.REVOCATION_NUMBER: "A number by which services tell whether the rights have changed since.",
}

OUTCOME_TEXTS = {
    Outcomes.CREATED: ("Stored for the first time.", "Mark it as sent."),
    Outcomes.REPLAYED: ("The same was stored before; nothing changed.", "Mark it as sent."),
    Outcomes.REPLACED: ("Stored as a new version; the older one is kept.", "Mark it as sent."),
    Outcomes.REJECTED: ("Not stored.", "Mend it, and send it with the same ID."),
    Outcomes.SKIPPED: ("Nothing is wrong with it, but the batch as a whole failed.", "Send it again as it is."),
}
"""What each outcome means, and what to do then."""

ITEM_CODE_TEXTS = {
    BatchItemErrorCode.SUCCESS: ("Success", "Stored, or stored before."),
    BatchItemErrorCode.SKIPPED: ("Skipped", "Right, but the batch failed."),
    BatchItemErrorCode.VALIDATION_FAILED: ("ValidationFailed", "A field is missing or breaks a rule."),
    BatchItemErrorCode.UNBALANCED: ("Unbalanced", "The payments do not cover the sale."),
    BatchItemErrorCode.UNKNOWN_PLU: ("UnknownPLU", "An item names no product that exists, or none at all."),
    BatchItemErrorCode.ADJUSTMENT_BUCKET_MISMATCH: (
        "AdjustmentBucketMismatch",
        "Adjustments of one bucket differ in name or cost centre.",
    ),
    BatchItemErrorCode.Z_REPORT_FINALISED: ("ZReportFinalised", "The Z asked for is closed."),
    BatchItemErrorCode.DUPLICATE_IN_BATCH: ("DuplicateInBatch", "The same ID stands in this batch before."),
    BatchItemErrorCode.CONFLICT: ("Conflict", "The stored sale is another client’s or outlet’s, or its Z is closed."),
    BatchItemErrorCode.INTERNAL: ("Internal", "A fault on our side: send the sale again."),
}
"""The vendor's name of each `errorCode` of a sale, and what it means."""


LINE_TYPE_TEXTS = {
    StockItemStringItemType.STOCK_ITEM_OTHER: ("StockItem_Other", "Goods of any kind, with the supplier’s code."),
    StockItemStringItemType.STOCK_ITEM_INGREDIENT: ("StockItem_Ingredient", "An ingredient, with the supplier’s code."),
    StockItemStringItemType.STOCK_ITEM_MIX: ("StockItem_Mix", "A mix, with the supplier’s code."),
    StockItemStringItemType.STOCK_ITEM_RECIPE: ("StockItem_Recipe", "A recipe, with the supplier’s code."),
    StockItemStringItemType.STOCK_ITEM_REDIRECT: ("StockItem_Redirect", "A redirect, with the supplier’s code."),
    StockItemStringItemType.DELIVERY_CHARGE: ("DeliveryCharge", "Freight: quantity 1, no code."),
    StockItemStringItemType.DISCOUNT: ("Discount", "Quantity 1, no code, and an amount below zero."),
    StockItemStringItemType.SURCHARGE: ("Surcharge", "Quantity 1, no code."),
    StockItemStringItemType.ROUNDING_LINE: ("RoundingLine", "What the invoice was rounded by: quantity 1, no code, no tax."),
}
"""The vendor's name of each type of a stock order's line, and what such a line holds."""

ORDER_RESULT_TEXTS = {
    RequestResultCode.SUCCESS: ("Success", "Stored, or stored before: outcome tells which."),
    RequestResultCode.VALIDATION_FAILED: ("ValidationFailed", "A field of the order is missing or breaks a rule."),
    RequestResultCode.OUTLET_NOT_RESOLVED: (
        "OutletNotResolved",
        "400: no outlet, or not one alone, is meant. 403: it is not open to you.",
    ),
    RequestResultCode.SUPPLIER_NOT_RESOLVED: ("SupplierNotResolved", "No supplier, or not one alone, is meant."),
    RequestResultCode.LINE_ITEMS_FAILED: ("LineItemsFailed", "At least one line is wrong: read lineItemFailureResults."),
}
"""Our name of each `result` of a stock order, and what it means."""


class ScopeRow(msgspec.Struct, frozen=True):
    """A scope word, what it stands for, and the permissions of which its token needs one."""

    word: str
    text: str
    permissions: tuple[str, ...]


def scope_rows() -> list[ScopeRow]:
    """Every scope that a partner may ask for."""
    words = (*SERVICE_SCOPES, AuthServerScopes.OFFLINE_ACCESS)
    return [ScopeRow(word, SCOPE_TEXTS[word], tuple(SERVICE_PERMISSIONS.get(word, ()))) for word in words]


def permission_rows() -> list[tuple[str, str, str]]:
    """Every permission: its name, the service that it is for, what it opens."""
    return [
        (permission, service, PERMISSION_TEXTS[permission])
        for service, permissions in SERVICE_PERMISSIONS.items()
        for permission in permissions
    ]
