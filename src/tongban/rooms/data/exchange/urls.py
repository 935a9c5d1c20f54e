"""Addresses of the catalogue and of exchange."""

from django.urls import path

from tongban.rooms.data.exchange.views import access, borders, catalogue, comparisons, drafts, evaluation, files, flows, nodes

app_name = "exchange"
urlpatterns = [
    path("", catalogue.browse, name="catalogue"),
    path("dcat/", catalogue.dcat, name="dcat"),
    path("desk/", access.desk, name="desk"),
    path("resources/new/", drafts.new, name="new"),
    path("resources/<slug:resource>/", catalogue.resource, name="resource"),
    path("resources/<slug:resource>/edit/", drafts.edit, name="edit"),
    path("resources/<slug:resource>/apply/", access.apply, name="apply"),
    path("requests/<slug:number>/", access.request_page, name="request"),
    path("agreements/", access.agreements, name="agreements"),
    path("agreements/<slug:number>/", access.agreement, name="agreement"),
    path("comparisons/", comparisons.comparisons, name="comparisons"),
    path("comparisons/<int:comparison>/", comparisons.comparison, name="comparison"),
    path("borders/", borders.borders, name="borders"),
    path("borders/<slug:number>/", borders.border, name="border"),
    path("resources/<slug:resource>/border/", borders.propose, name="border-propose"),
    path("nodes/", nodes.nodes, name="nodes"),
    path("nodes/held/<int:letter>/", nodes.held, name="held"),
    path("nodes/<slug:node>/", nodes.one_node, name="node"),
    path("information/", evaluation.information, name="information"),
    path("evaluations/", evaluation.evaluations, name="evaluations"),
    path("evaluations/<slug:evaluation>/", evaluation.evaluation, name="evaluation"),
    path("evaluations/<slug:evaluation>/<slug:organ>/", evaluation.department, name="evaluation-department"),
    path("flows/", flows.flows, name="flows"),
    path("flows/<slug:number>/", flows.flow, name="flow"),
    path("flows/<slug:number>/uploads/", files.uploads, name="uploads"),
    path("flows/<slug:number>/uploads/<uuid:upload>/<int:part>/", files.upload_part, name="upload-part"),
    path("flows/<slug:number>/uploads/<uuid:upload>/done/", files.upload_done, name="upload-done"),
    path("flows/<slug:number>/batches/<int:batch>/", flows.proof, name="proof"),
    path("flows/<slug:number>/batches/<int:batch>/file/", files.file, name="file"),
]
