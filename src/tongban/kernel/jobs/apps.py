"""Background work and schedules."""

from tongban.lib import rooms


class JobsConfig(rooms.RoomConfig):
    name = "tongban.kernel.jobs"
    label = "jobs"
    verbose_name = "后台任务"
