"""How results go out: tables, disclosure control, statistics, charts, reports."""
