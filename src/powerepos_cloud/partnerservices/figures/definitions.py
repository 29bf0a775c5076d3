"""What each figure means, in the words that a page shows one click away from it."""

DEFINITIONS = {
    "net": "Items after discounts and refunds, without tax, tips or rounding.",
    "count": "Sales in their current version. Refunds count as sales of their own; training never counts.",
    "average": "Net sales divided by sales.",
    "gross": "Items after discounts, surcharges and refunds, with all taxes, without tips or rounding.",
    "collected": (
        "What customers paid: gross sales, tips and cash rounding. This is what reaches the drawer and the bank. It is added up"
        " from the payments, whether a till sends its rounding inside the amount or beside it."
    ),
    "tax": "All taxes as the integration sent them, inside prices and on top of them.",
    "tips": "Tips beside the payments; never part of sales.",
    "rounding": "What cash rounding added or took away.",
    "cash": "What cash payments brought, tips and rounding included, less cash refunds. The float is not known here.",
    "refunds": "Sales whose total is below zero, with their taxes. They count on the day they happen.",
    "discounts": "Adjustments below zero, on lines and on whole sales.",
    "surcharges": "Adjustments above zero, on lines and on whole sales.",
    "recomputed": (
        "The tax that the rate makes of the taxable sales, line by line: inside the price s × r / (100 + r), on top of it"
        " s × r / 100. A difference of a few cents comes from the till's own rounding; more is worth asking about."
    ),
    "zero": "Lines with a tax at the rate 0 %: taxed, at nothing.",
    "exempt": "Lines without any tax level. Adjustments on them are not taken off here.",
    "rejected": (
        "Items of batches that were not stored, by the code that their integration was told. An item that was sent again"
        " rightly is stored all the same. Counted for 30 days."
    ),
    "missing": (
        "A past trading day without sales, though at least half of the four same weekdays before it, since sales began, had some."
    ),
    "open": "A Z that its integration has not finalised. It is overdue once a whole trading day has passed after its own.",
    "late": "Sales that came after their Z was finalised: they are kept in a further Z of the same trading day.",
    "before": "The same weekdays, moved back by as many whole weeks as the range needs.",
    "full_hours": "Hours that are over, on both days, so that like is compared with like.",
}
