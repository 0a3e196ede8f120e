"""Worked cases (spec 4): stories with figures, played through the path that workers take, without a database."""
