"""Files come by the three-step upload and lie in the thread they were shared to."""

from __future__ import annotations

import requests

from .bolt import client

ROOM = "incident-room"


def test_an_uploaded_file_lies_in_the_thread(shared, web):
    room = shared.channels[ROOM].id
    ts = web.chat_postMessage(channel=room, text="card")["ts"]
    content = bytes(range(256)) * 100
    web.files_upload_v2(
        channel=room,
        thread_ts=ts,
        filename="evidence.zip",
        title="Evidence",
        content=content,
        initial_comment="All of it",
    )
    file = shared.files()[-1]
    assert (file.name, file.title, file.content) == ("evidence.zip", "Evidence", content)
    assert (file.channel, file.thread_ts) == (room, ts)
    (reply,) = shared.replies(shared.messages(room)[-1])
    assert shared.as_text(reply) == "All of it\n[file: evidence.zip]"
    assert next(e for e in shared.transcript if e["kind"] == "file")["name"] == "evidence.zip"


def test_several_files_share_one_message(shared, web):
    uploads = [{"filename": f"{n}.txt", "content": str(n), "title": str(n)} for n in range(3)]
    web.files_upload_v2(channel=shared.channels[ROOM].id, file_uploads=uploads)
    assert [f.name for f in shared.messages(ROOM)[-1].files] == ["0.txt", "1.txt", "2.txt"]


def test_a_picture_block_may_show_an_uploaded_file_and_no_other(shared, web, refusal):
    web.files_upload_v2(channel=shared.channels[ROOM].id, filename="timeline.png", content=b"png")
    picture = {"type": "image", "alt_text": "the timeline", "slack_file": {"id": shared.files()[-1].id}}
    web.chat_postMessage(channel=ROOM, text="x", blocks=[picture])
    picture["slack_file"] = {"id": "F0NOWHERE"}
    assert refusal(web.chat_postMessage, channel=ROOM, text="x", blocks=[picture]) == "invalid_blocks"


def test_the_bot_alone_can_read_the_file_again(shared, web):
    web.files_upload_v2(channel=shared.channels[ROOM].id, filename="a.txt", content="hello")
    file = shared.files()[-1]
    url = f"{shared.url}/files/{file.id}/{file.name}"
    signed = requests.get(url, headers={"Authorization": f"Bearer {shared.bot_token}"}, timeout=60)
    assert signed.content == b"hello"
    assert requests.get(url, timeout=60).status_code == 403


def test_an_upload_must_be_as_long_as_announced(shared, web, refusal):
    announced = web.files_getUploadURLExternal(filename="a.txt", length=5)
    assert requests.post(announced["upload_url"], data=b"four", timeout=60).status_code == 400
    files = [{"id": announced["file_id"], "title": "A"}]
    assert refusal(web.files_completeUploadExternal, files=files) == "file_not_found"
    assert refusal(web.files_getUploadURLExternal, filename="a.txt", length=0) == "invalid_arguments"


def test_an_upload_may_come_as_a_form(shared, web):
    announced = web.files_getUploadURLExternal(filename="a.txt", length=4)
    answer = requests.post(announced["upload_url"], files={"file": ("a.txt", b"four")}, timeout=60)
    assert (answer.status_code, answer.text) == (200, "OK - 4")
    files = [{"id": announced["file_id"]}]
    (file,) = web.files_completeUploadExternal(files=files, channel_id=shared.channels[ROOM].id)["files"]
    assert (file["id"], file["title"]) == (announced["file_id"], "a.txt")


def test_a_file_cannot_go_where_the_bot_is_not(shared, refusal):
    web = client(shared)
    arguments = {"filename": "a.txt", "content": "x"}
    assert (
        refusal(web.files_upload_v2, channel=shared.channels["general"].id, **arguments) == "not_in_channel"
    )
    assert (
        refusal(web.files_upload_v2, channel=shared.channels["board"].id, **arguments) == "channel_not_found"
    )
    assert refusal(web.files_upload_v2, channel=ROOM, **arguments) == "invalid_channel"
