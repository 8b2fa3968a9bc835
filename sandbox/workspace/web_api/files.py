"""The files.* methods: an upload in three steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.workspace import directory, wire
from sandbox.workspace.errors import RefusedError
from sandbox.workspace.state import Upload, WorkspaceState
from sandbox.workspace.values import Channel, File, Message
from sandbox.workspace.web_api.common import Arguments, Run, postable, thread_of


def _upload_url(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    try:
        length = int(args["length"])
    except ValueError as error:
        raise RefusedError.because(
            "invalid_arguments", "[ERROR] must be an integer [json-pointer:/length]"
        ) from error
    if length <= 0:
        raise RefusedError.because("invalid_arguments", "[ERROR] must be more than 0 [json-pointer:/length]")
    upload = Upload(state.next_id("F"), str(args["filename"]), length)
    state.uploads[upload.id] = upload
    return {"upload_url": f"{state.url}/upload/v1/{upload.id}", "file_id": upload.id}


def _complete_upload(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    wanted = args["files"]
    if not isinstance(wanted, list) or not wanted:
        raise RefusedError.because(
            "invalid_arguments", "[ERROR] must have at least 1 item [json-pointer:/files]"
        )
    names = [n for n in (args.get("channel_id"), *str(args.get("channels") or "").split(",")) if n]
    channels: list[Channel] = []
    for name in names:
        if str(name)[0] not in "CGDU":
            raise RefusedError("invalid_channel")
        channels.append(postable(state, name))
    files: list[File] = []
    for item in wanted:
        upload = state.uploads.get(str(item.get("id")))
        if upload is None or upload.content is None:
            raise RefusedError("file_not_found")
        title = str(item.get("title") or upload.name)
        files.append(File(upload.id, upload.name, title, upload.content, state.bot.id))
    blocks = state.checked_blocks(args.get("blocks"))
    shares: list[tuple[Channel, str | None]] = [
        (c, thread_of(state, c, args.get("thread_ts"))) for c in channels
    ]
    for upload_id in [f.id for f in files]:
        del state.uploads[upload_id]
    if not shares:
        state.files.update({f.id: f for f in files})
        state.touch()
    for channel, thread_ts in shares:
        ts = state.next_ts()
        files = [replace(f, channel=channel.id, thread_ts=thread_ts) for f in files]
        state.files.update({f.id: f for f in files})
        for shared in files:
            state.record(
                "file",
                channel=channel.id,
                channel_name=channel.name,
                ts=ts,
                thread_ts=thread_ts,
                user=state.bot.id,
                text=shared.title,
                blocks=[],
                file_id=shared.id,
                name=shared.name,
                size=len(shared.content),
            )
        state.post(
            Message(
                ts=ts,
                channel=channel.id,
                user=state.bot.id,
                bot_id=directory.BOT_ID,
                text=str(args.get("initial_comment") or ""),
                blocks=blocks,
                thread_ts=thread_ts,
                files=tuple(files),
            )
        )
    return {"files": [wire.file(state, f) for f in files]}


RUNS: dict[str, Run] = {
    "files.getUploadURLExternal": _upload_url,
    "files.completeUploadExternal": _complete_upload,
}
