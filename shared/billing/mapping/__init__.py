"""Mapping licences to lines: saving, adopting a line, releasing one."""
