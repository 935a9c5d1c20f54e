"""The hall over the API: by noun."""

from ninja import Router

from tongban.rooms.service.hall.api.applications import router as applications
from tongban.rooms.service.hall.api.licences import router as licences
from tongban.rooms.service.hall.api.matters import router as matters
from tongban.rooms.service.hall.api.work import router as work

router = Router()
for part in (matters, applications, work, licences):
    router.add_router("", part)
