"""Who may do what, route by route: what test_permissions expects.

The letters stand for nobody, Sam, Pat, Tess, Otto, Hope and Amy, in this order: a visitor,
somebody who takes no part, a participant, a team-mate of who sent the submission, another
competition's host, the host, an administrator. Every submission, invitation and link in the
addresses is the team-mate's team's; tokens are somebody else's.

y  may try; only the thing's own rules can refuse it now
l  is asked to log in
n  is told that they may not
x  is told that there is nothing
"""

from __future__ import annotations

ROWS = """
yyyyyyy GET /
yyyyyyy GET /.well-known/podium-receipts
xxxxxxx GET /.well-known/security.txt
lnnnnny GET /admin
lnnnnny GET /admin/audit
lnnnnny POST /admin/banner/<any(set, clear):what>
lnnnnny GET /admin/competitions
lnnnnny POST /admin/retry/<public_id>
lnnnnny GET /admin/users
lnnnnny GET /admin/users/<username>
lnnnnny POST /admin/users/<username>/<any(block, unblock, give, take):what>
yyyyyyy GET /api/v1/competitions
lnnnnyy DELETE /api/v1/competitions/<slug>
yyyyyyy GET /api/v1/competitions/<slug>
yyyyyyy GET /api/v1/competitions/<slug>/announcements
lnnnnyy POST /api/v1/competitions/<slug>/announcements
lnnnnyy DELETE /api/v1/competitions/<slug>/announcements/<announcement_id>
lnnnnyy GET /api/v1/competitions/<slug>/bundle
lnnnnyy PUT /api/v1/competitions/<slug>/bundle
yyyyyyy GET /api/v1/competitions/<slug>/data
yyyyyyy GET /api/v1/competitions/<slug>/data/<name>
lnnnnyy GET /api/v1/competitions/<slug>/hosting
lnnnnyy DELETE /api/v1/competitions/<slug>/launch
lnnnnyy POST /api/v1/competitions/<slug>/launch
yyyyyyy GET /api/v1/competitions/<slug>/leaderboard
yyyyyyy GET /api/v1/competitions/<slug>/pages/<name>
lyyyyyy DELETE /api/v1/competitions/<slug>/participation
lyyyyyy PUT /api/v1/competitions/<slug>/participation
yyyyyyy GET /api/v1/competitions/<slug>/receipts
lyyyyyy GET /api/v1/competitions/<slug>/submissions
lyyyyyy POST /api/v1/competitions/<slug>/submissions
lxyyxxx GET /api/v1/competitions/<slug>/team
lxyyxxx PATCH /api/v1/competitions/<slug>/team
lyyyyyy POST /api/v1/competitions/<slug>/team
lxyyxxx POST /api/v1/competitions/<slug>/team/invitations
lyyyyyy GET /api/v1/competitions/<slug>/join-requests
lyyyyyy POST /api/v1/competitions/<slug>/join-requests
lxynxxx PUT /api/v1/competitions/<slug>/team/openness
lxynxxx PUT /api/v1/competitions/<slug>/team/leader
lxynxxx DELETE /api/v1/competitions/<slug>/team/link
lxynxxx POST /api/v1/competitions/<slug>/team/link
lxynxxx DELETE /api/v1/competitions/<slug>/team/members/<username>
lxyyxxx GET /api/v1/competitions/<slug>/team/merge-requests
lxynxxx POST /api/v1/competitions/<slug>/team/merge-requests
lyyyyyy GET /api/v1/hosted
lyyyyyy GET /api/v1/invitations
lxxyxxx DELETE /api/v1/invitations/<invitation_id>
lxxnxxx POST /api/v1/invitations/<invitation_id>/accept
lxxnxxx POST /api/v1/invitations/<invitation_id>/decline
lxxnxxx DELETE /api/v1/join-requests/<join_id>
lxxnxxx POST /api/v1/join-requests/<join_id>/accept
lyyyyyy GET /api/v1/me
lyyyyyy PATCH /api/v1/me
lyyyyyy GET /api/v1/me/export
lxynxxx DELETE /api/v1/merge-requests/<request_id>
lxnnxxx POST /api/v1/merge-requests/<request_id>/accept
yyyyyyy GET /api/v1/openapi.json
xxxyxyy GET /api/v1/receipts/<receipt_id>
yyyyyyy GET /api/v1/search
yyyyyyy GET /api/v1/status
lxxyxxx DELETE /api/v1/submissions/<submission_id>
lxxyxxx GET /api/v1/submissions/<submission_id>
lxxyxxx GET /api/v1/submissions/<submission_id>/file
lxxyxxx DELETE /api/v1/submissions/<submission_id>/final
lxxyxxx PUT /api/v1/submissions/<submission_id>/final
lyyyyyy POST /api/v1/team-links/<secret>
yyyyyyy GET /api/v1/teams/<team_id>
lyyyyyy GET /api/v1/tokens
yyyyyyy POST /api/v1/tokens
lxxxxxx DELETE /api/v1/tokens/<int:token_id>
yyyyyyy POST /api/v1/users
yyyyyyy GET /api/v1/users/<username>
yyyyyyy GET /c/<slug>
yyyyyyy GET /c/<slug>/announcements
yyyyyyy GET /c/<slug>/announcements.atom
yyyyyyy GET /c/<slug>/data
yyyyyyy GET /c/<slug>/dates.ics
yyyyyyy GET /c/<slug>/data.zip
yyyyyyy GET /c/<slug>/data/<path:name>
lnnnnyy GET /c/<slug>/host
lnnnnyy GET /c/<slug>/host/announcements
lnnnnyy POST /c/<slug>/host/announcements
lnnnnny POST /c/<slug>/host/<any(count, uncount):what>
lnnnnyy POST /c/<slug>/host/announcements/<public_id>/delete
lnnnnyy GET /c/<slug>/host/bundle.zip
lnnnnyy POST /c/<slug>/host/call-off
lnnnnyy POST /c/<slug>/host/delete
lnnnnyy GET /c/<slug>/host/edit/<path:path>
lnnnnyy POST /c/<slug>/host/edit/<path:path>
lnnnnyy GET /c/<slug>/host/files
lnnnnyy POST /c/<slug>/host/files
lnnnnyy POST /c/<slug>/host/launch
lnnnnyy POST /c/<slug>/host/lint
lnnnnyy GET /c/<slug>/host/submissions
lnnnnyy GET /c/<slug>/host/submissions/<public_id>
lnnnnyy POST /c/<slug>/host/submissions/<public_id>/<any(remove, restore, again):what>
lnnnnyy GET /c/<slug>/host/submissions/<public_id>/file
lyyyyyy POST /c/<slug>/join
yyyyyyy GET /c/<slug>/leaderboard
yyyyyyy GET /c/<slug>/leaderboard.csv
nnnnnnn GET /c/<slug>/leaderboard/reveal
lyyyyyy POST /c/<slug>/leave
yyyyyyy GET /c/<slug>/pages/<name>
yyyyyyy GET /c/<slug>/receipts
yyyyyyy GET /c/<slug>/rules
yyyyyyy GET /c/<slug>/submissions
lxxyxxx GET /c/<slug>/submissions/<public_id>
lxxyxxx GET /c/<slug>/submissions/<public_id>/row
lyyyyyy GET /c/<slug>/submit
lyyyyyy POST /c/<slug>/submit
yyyyyyy GET /c/<slug>/team
lyyyyyy POST /c/<slug>/team
lyynyyy POST /c/<slug>/team/<any(lead, remove):what>
lyyyyyy POST /c/<slug>/team/invite
lyynyyy POST /c/<slug>/team/link/<any(make, close):what>
lyynyyy POST /c/<slug>/team/requests/<any(open, close):switch>
lyynyyy POST /c/<slug>/team/merge
lyyyyyy POST /c/<slug>/team/rename
lyyyyyy GET /change-password
lyyyyyy POST /change-password
yyyyyyy GET /competitions
yyyyyyy GET /favicon.ico
xxxxxxx GET /fs-static/<path:filename>
yyyyyyy GET /confirm/<ticket>
yyyyyyy POST /confirm/<ticket>
yyyyyyy GET /forgot
yyyyyyy POST /forgot
yyyyyyy GET /healthz
yyyyyyy GET /help
yyyyyyy GET /help/<name>
yyyyyyy GET /help/metrics
yyyyyyy GET /help/metrics/<name>
lyyyyyy GET /host
lyyyyyy POST /host/bundle
lyyyyyy GET /host/new
lyyyyyy POST /host/new
lyyyyyy GET /invitations
lxxnxxx POST /join-requests/<public_id>/<any(accept, close):answer>
lxxnxxx POST /invitations/<public_id>/<any(accept, decline, cancel):answer>
yyyyyyy GET /join-team/<secret>
lyyyyyy POST /join-team/<secret>
yyyyyyy GET /log-in
yyyyyyy POST /log-in
yyyyyyy POST /log-out
lxnnxxx POST /merges/<public_id>/<any(accept, close):answer>
xxxxxxx GET /metrics
lyyyyyy GET /move/<ticket>
lxxxxxx POST /move/<ticket>
yyyyyyy GET /rankings
yyyyyyy GET /readyz
xxxyxyy GET /receipts/<receipt_id>
xxxyxyy GET /receipts/<receipt_id>/file
yyyyyyy GET /reset/<ticket>
yyyyyyy POST /reset/<ticket>
yyyyyyy GET /robots.txt
yyyyyyy GET /search
yyyyyyy GET /settings
lyyyyyy GET /settings/data
lyyyyyy POST /settings/data/delete
lyyyyyy GET /settings/data/export
lyyyyyy GET /settings/devices
lxxxxxx POST /settings/devices/<public_id>/end
lyyyyyy POST /settings/devices/end-others
lyyyyyy GET /settings/email
lyyyyyy POST /settings/email
lyyyyyy POST /settings/email/choices
lyyyyyy POST /settings/email/confirm
lyyyyyy GET /settings/profile
lyyyyyy POST /settings/profile
lyyyyyy GET /settings/tokens
lyyyyyy POST /settings/tokens
lxxxxxx POST /settings/tokens/<int(max=2147483647):token_id>/revoke
yyyyyyy GET /sign-up
yyyyyyy POST /sign-up
yyyyyyy GET /sitemap.xml
yyyyyyy GET /status
lxxyxxx POST /submissions/<public_id>/<any(choose, unchoose):what>
lxxyxxx GET /submissions/<public_id>/file
lxxyxxx POST /submissions/<public_id>/withdraw
yyyyyyy GET /t/<public_id>
yyyyyyy GET /t/<public_id>/badge.json
yyyyyyy GET /t/<public_id>/badge.svg
lyyyyyy POST /t/<public_id>/ask
yyyyyyy GET /u/<username>
lyyyyyy GET /verify
lyyyyyy POST /verify
"""
TABLE = {
    route: letters
    for letters, _, route in (line.partition(" ") for line in ROWS.strip().splitlines())
}
