"""Drawing processes in the browser with bpmn-js."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongban.kernel.cases import processes, queries
from tongban.kernel.cases import rules as case_rules
from tongban.lib.errors import Invalid
from tongban.ui.access import actor_of, allows
from tongban.ui.guard import POLICY

# bpmn-js sets style attributes on its SVG; scripts stay ours alone.
DRAWING_POLICY = POLICY + "; style-src 'self' 'unsafe-inline'; font-src 'self' data:"


@allows("cases.edit_process")
def process_list(request: HttpRequest) -> HttpResponse:
    rows = queries.processes(actor_of(request))
    return render(request, "hall/process_list.html", {"tab": "hall:process-list", "rows": rows})


@allows("cases.edit_process")
def process(request: HttpRequest, version: int) -> HttpResponse:
    """The drawing of a version: editable as long as it is a draft, and as a new draft otherwise."""
    actor_of(request).require("cases.edit_process")
    one = queries.process_version(version)
    context = {
        "tab": "hall:process-list", "v": one, "roles": sorted(processes.ROLES), "effects": sorted(case_rules.EFFECTS),
        "special": case_rules.SPECIAL, "faults": [],
    }  # fmt: skip
    response = render(request, "hall/process.html", context)
    response["Content-Security-Policy"] = DRAWING_POLICY
    return response


@allows("cases.edit_process")
@require_POST
def save(request: HttpRequest, key: str) -> HttpResponse:
    """Keep a draft."""
    made = processes.save_draft(actor_of(request), key=key, name=request.POST.get("name", "")[:80] or key, bpmn=request.POST.get("bpmn", ""))
    messages.success(request, _("Draft %(n)s saved.") % {"n": made.number})
    return redirect("hall:process", version=made.id)


@allows("cases.publish_process")
@require_POST
def publish(request: HttpRequest, version: int) -> HttpResponse:
    """Check and publish."""
    try:
        made = processes.publish(actor_of(request), version=version)
        messages.success(request, _("Version %(n)s published; running cases keep theirs.") % {"n": made.number})
    except Invalid as refused:
        for told in list(refused.fields.values())[:8] or [refused.sentence]:
            messages.error(request, str(told))
    return redirect("hall:process", version=version)
