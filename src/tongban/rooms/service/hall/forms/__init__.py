"""Forms of the hall: fields made from a schema, and the sheet of a matter."""

from tongban.rooms.service.hall.forms.fields import Field, Sections, answers, posted, reasons, sections

__all__ = ["Field", "Sections", "answers", "posted", "reasons", "sections"]
