"""The catalogue and exchange, for systems: by noun."""

from ninja import Router

from tongban.rooms.data.exchange.api.borders import router as borders
from tongban.rooms.data.exchange.api.catalogue import router as catalogue
from tongban.rooms.data.exchange.api.evaluation import router as evaluation
from tongban.rooms.data.exchange.api.files import router as files
from tongban.rooms.data.exchange.api.flows import router as flows
from tongban.rooms.data.exchange.api.nodes import router as nodes

router = Router()
for part in (catalogue, flows, files, evaluation, borders, nodes):
    router.add_router("", part)
