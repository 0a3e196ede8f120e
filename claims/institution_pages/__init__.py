"""Pages for institutions that have no system of their own: they log in, send files, and read what became of them."""
