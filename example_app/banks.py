"""The CSV files of a few banks, and their reader."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from example_app.errors import StatementRejectedError

LARGEST_AMOUNT: Final = Decimal("9999999999.99")


@dataclass(frozen=True)
class Layout:
    """How a bank writes its statements. The columns are named as in the file's first line."""

    bank: str
    delimiter: str
    booked_on: str
    date_format: str
    payee: str
    reference: str
    amount: str
    currency: str | None
    """The column, or None if the bank has one currency only, the default."""
    decimal_comma: bool = False
    default_currency: str = ""

    @property
    def columns(self) -> set[str]:
        """All that is read."""
        named = {self.booked_on, self.payee, self.reference, self.amount}
        return named if self.currency is None else {*named, self.currency}


LAYOUTS: Final = (
    Layout(
        bank="Sparkasse",
        delimiter=";",
        booked_on="Buchungstag",
        date_format="%d.%m.%y",
        payee="Beguenstigter/Zahlungspflichtiger",
        reference="Verwendungszweck",
        amount="Betrag",
        currency="Waehrung",
        decimal_comma=True,
    ),
    Layout(
        bank="Revolut",
        delimiter=",",
        booked_on="Completed Date",
        date_format="%Y-%m-%d %H:%M:%S",
        payee="Description",
        reference="Type",
        amount="Amount",
        currency="Currency",
    ),
    Layout(
        bank="Chase",
        delimiter=",",
        booked_on="Posting Date",
        date_format="%m/%d/%Y",
        payee="Description",
        reference="Type",
        amount="Amount",
        currency=None,
        default_currency="USD",
    ),
)


@dataclass(frozen=True)
class Line:
    """A transaction as the bank wrote it down."""

    booked_on: date
    payee: str
    reference: str
    amount: Decimal
    currency: str


def read_statement(content: bytes) -> tuple[str, list[Line]]:
    """The bank that a CSV file is of, and its transactions.

    Raises:
        StatementRejectedError: It is not a text, of no bank that is known, or a line of it makes no sense.
    """
    text = _decoded(content)
    header = text.partition("\n")[0]
    for layout in LAYOUTS:
        columns = next(csv.reader([header], delimiter=layout.delimiter), [])
        if layout.columns <= {column.strip() for column in columns}:
            return layout.bank, list(_lines(text, layout))
    raise StatementRejectedError("no bank that is known writes such files")


def _decoded(content: bytes) -> str:
    """Banks write UTF-8, or what Windows wrote before."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise StatementRejectedError("the file is not a text")


def _lines(text: str, layout: Layout) -> Iterator[Line]:
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=layout.delimiter, skipinitialspace=True)
    try:
        for row in rows:
            values = {str(name).strip(): value or "" for name, value in row.items() if isinstance(value, str)}
            yield read_line(values, layout, rows.line_num)
    except csv.Error as error:
        raise StatementRejectedError("the file is not a CSV file", line=rows.line_num) from error


def read_line(row: dict[str, str], layout: Layout, number: int) -> Line:
    """A transaction from its row, whose values are named by the columns."""
    return Line(
        booked_on=_date(row, layout, number),
        payee=row.get(layout.payee, ""),
        reference=row.get(layout.reference, ""),
        amount=_amount(row, layout, number),
        currency=row.get(layout.currency, "") if layout.currency else layout.default_currency,
    )


def _date(row: dict[str, str], layout: Layout, number: int) -> date:
    try:
        return datetime.strptime(row.get(layout.booked_on, ""), layout.date_format).date()  # noqa: DTZ007
    except ValueError:
        raise StatementRejectedError("a date makes no sense", line=number) from None


def _amount(row: dict[str, str], layout: Layout, number: int) -> Decimal:
    written = row.get(layout.amount, "").replace("\N{NO-BREAK SPACE}", "")
    if layout.decimal_comma:
        written = written.replace(".", "").replace(",", ".")
    try:
        amount = Decimal(written)
    except InvalidOperation:
        raise StatementRejectedError("an amount makes no sense", line=number) from None
    if not amount.is_finite() or abs(amount) > LARGEST_AMOUNT:
        raise StatementRejectedError("an amount makes no sense", line=number)
    return amount.quantize(Decimal("0.01"))
