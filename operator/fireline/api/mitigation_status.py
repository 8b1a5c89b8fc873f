"""Status of a Mitigation, as schema: what the API server keeps and ``kubectl explain`` shows.

``fireline.mitigation`` writes it; a field that is not listed here would be dropped by the API server. It is
the write-ahead log: the intent is persisted here before a target is touched, and never changed afterwards.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fireline.api.common import StatusModel
from fireline.api.slo_status import Condition, Timestamp

Word = Annotated[str, Field(max_length=128)]
Words = Annotated[str, Field(max_length=4096)]
Hash = Annotated[str, Field(max_length=80)]
Pointer = Annotated[str, Field(max_length=1024)]
JSONText = Annotated[str, Field(max_length=524288)]
Phase = Literal["Idle", "Proposed", "Approved", "Applying", "Verifying", "Active", "Reverting", "Ended"]
Result = Literal[
    "Reverted",
    "RevertedByOther",
    "Done",
    "Rejected",
    "Expired",
    "Withdrawn",
    "NotNeeded",
    "Contested",
    "Superseded",
    "Released",
    "Failed",
    "Unknown",
]


class Stored(StatusModel):
    """A value in one of three states, as JSON text: a field that is absent is not one that is null."""

    state: Literal["Absent", "Null", "Value"]
    """`Absent`: the field is not there. `Null`: it is null. `Value`: see `json`."""
    json_: Annotated[JSONText | None, Field(alias="json")] = None
    """The value as JSON."""
    hash: Hash | None = None
    """sha256 of a value that is not kept, with where it can be found in `source`."""
    source: Words | None = None
    """Where a value that is not kept can be found, such as a ReplicaSet with its uid."""


class PathChange(StatusModel):
    """One field that is changed."""

    path: Pointer
    """JSON pointer."""
    before: Stored
    """What it was when the change was planned."""
    after: Stored
    """What it is meant to be."""


class StoredTest(StatusModel):
    """Something else that must still be so when the change is made, such as the name of a list's entry."""

    path: Pointer
    """JSON pointer."""
    value: Stored
    """What is there."""
    revert: bool
    """Whether it must also be so when the change is taken back."""


class TargetRef(StatusModel):
    """One object, and no other of the same name."""

    api_version: Word
    """Its apiVersion."""
    kind: Word
    """Its kind."""
    name: Annotated[str, Field(max_length=253)]
    """Its name."""
    uid: Word | None = None
    """Its uid."""


class ShownPath(StatusModel):
    """One field as people see it; what looks like a secret is only told by its hash."""

    path: Pointer
    """JSON pointer."""
    before: Annotated[str, Field(max_length=2048)]
    """What it was."""
    after: Annotated[str, Field(max_length=2048)]
    """What it is meant to be."""


class ProposedPlan(StatusModel):
    """The very change that is proposed. Its hash is what is approved."""

    action: Word
    """Which action."""
    summary: Words
    """What would be done, in one sentence."""
    reversible: Literal["Reversible", "Sticky", "Irreversible"]
    """Whether it can be taken back, and is."""
    target: TargetRef | None = None
    """The object that would be changed; not always that of the spec, see `notes`."""
    service_account: Word
    """With whose rights."""
    paths: Annotated[list[ShownPath], Field(max_length=32)] | None = None
    """The fields that would be changed."""
    diff: Annotated[str, Field(max_length=16384)] | None = None
    """The API server's own answer to a dry run, compared with what is there."""
    owner: Words | None = None
    """Who keeps the target in Git."""
    notes: Annotated[list[Words], Field(max_length=16)] | None = None
    """What a person should know before saying yes."""
    revert: Words | None = None
    """When it would be taken back."""
    at: Timestamp
    """When it was planned."""
    expires_at: Timestamp | None = None
    """Until when it can be approved."""


class Intent(StatusModel):
    """What is being done, written down before it is done. Never changed afterwards."""

    id: Word
    """Identity of this one application: the same for all tries, another for each proposal."""
    plan_hash: Hash
    """Hash of the plan."""
    action: Word
    """Which action."""
    reversible: Literal["Reversible", "Sticky", "Irreversible"]
    """Whether it can be taken back, and is."""
    target: TargetRef | None = None
    """The object."""
    marker: Annotated[str, Field(max_length=316)] | None = None
    """The annotation that is written with the change."""
    paths: Annotated[list[PathChange], Field(max_length=32)] | None = None
    """The fields, with what they were and what they become."""
    made: Annotated[list[Pointer], Field(max_length=32)] | None = None
    """Maps that have to be made for them, and are removed again if they are empty then."""
    service_account: Word
    """With whose rights."""
    spec: JSONText
    """The spec that was approved, as JSON: it rules until the end, whatever the spec says meanwhile."""
    tests: Annotated[list[StoredTest], Field(max_length=32)] | None = None
    """What else must still be so."""
    call: Annotated[str, Field(max_length=8192)] | None = None
    """Of a webhook: what is sent, as JSON without secrets."""
    at: Timestamp
    """When it was written down."""
    deadline: Timestamp
    """Until when it may be begun."""
    verify_by: Timestamp | None = None
    """Until when it must have helped."""
    expires_at: Timestamp | None = None
    """End of its time to live."""


class Sent(StatusModel):
    """A webhook call, noted before it is made."""

    what: Literal["Apply", "Revert"]
    """Which one."""
    since: Timestamp
    """When it was first made."""
    at: Timestamp
    """When it was last made."""
    doubt: bool | None = None
    """An earlier try may have been carried out."""
    retry_at: Timestamp | None = None
    """Its answer was seen, and it is made again then."""
    deadline: Timestamp
    """When an answer cannot come any more."""


class Episode(StatusModel):
    """What called for it this time."""

    id: Word
    """Identity, from when it began."""
    since: Timestamp
    """When the trigger turned true."""
    trigger: Words
    """What is true."""
    value: Word | None = None
    """The value seen."""
    incident: Word | None = None
    """The incident it belongs to."""


class Record(StatusModel):
    """One transition."""

    seq: int
    """Counts all that ever were."""
    time: Timestamp
    """When."""
    actor: Annotated[str, Field(max_length=256)]
    """Who: `operator`, a user, or a field manager."""
    phase: Word
    """Into which phase."""
    reason: Word
    """Why, in one CamelCase word."""
    message: Words | None = None
    """Why, in words."""
    trigger: Words | None = None
    """What the trigger said."""
    paths: Annotated[list[ShownPath], Field(max_length=32)] | None = None
    """The fields it is about."""
    plan_hash: Hash | None = None
    """The plan it is about."""
    result: Word | None = None
    """How it ended."""


class NeedsHuman(StatusModel):
    """Why a person is asked; MitigationNeedsHuman fires as long as this is here."""

    reason: Word
    """In one CamelCase word."""
    message: Words
    """In words, and what to do."""
    since: Timestamp
    """Since when."""


class Status(StatusModel):
    """What Fireline sees and did. Written by the operator only: nobody else may be allowed to."""

    observed_generation: int | None = None
    """Generation of the spec that this status is about."""
    conditions: Annotated[list[Condition], Field(max_length=16)] | None = None
    """Ready first: is this object carried out?"""
    phase: Phase | None = None
    """Where it is. `Ended`: see `result`; it begins again with the next episode."""
    result: Result | None = None
    """How the last one ended."""
    reason: Word | None = None
    """Why it is where it is, in one CamelCase word."""
    message: Words | None = None
    """Why it is where it is, in words."""
    signal: Literal["True", "False", "Unknown"] | None = None
    """What the trigger says."""
    episode: Episode | None = None
    """What called for it this time."""
    plan_hash: Hash | None = None
    """What `fireline.dev/approve` must say."""
    plan: ProposedPlan | None = None
    """What is proposed."""
    approved_by: Annotated[str, Field(max_length=256)] | None = None
    """Who said yes."""
    approved_at: Timestamp | None = None
    """When that was seen."""
    intent: Intent | None = None
    """What is being done, or was last."""
    lease: Word | None = None
    """Name of the Lease that keeps other mitigations from the target."""
    sent: Sent | None = None
    """A webhook call that may be on its way."""
    applied_at: Timestamp | None = None
    """When it was seen to be in place."""
    verified_at: Timestamp | None = None
    """When it was seen to help."""
    healthy_since: Timestamp | None = None
    """Since when the trigger is known to be false."""
    expires_at: Timestamp | None = None
    """End of its time to live."""
    held_since: Timestamp | None = None
    """Since when it stays only because nobody knows whether all is well."""
    revert_tries: int | None = None
    """Failed tries to take it back."""
    reverted_at: Timestamp | None = None
    """When it was taken back."""
    ended_at: Timestamp | None = None
    """When the last one ended."""
    begun: Annotated[list[Timestamp], Field(max_length=100)] | None = None
    """Beginnings in the last 24 hours, for `limits`."""
    needs_human: NeedsHuman | None = None
    """Why a person is asked."""
    handled: Annotated[dict[str, Word], Field(max_length=8)] | None = None
    """The last wishes by annotation that were carried out, by the annotation's last part."""
    history: Annotated[list[Record], Field(max_length=50)] | None = None
    """The last 50 transitions, the newest last."""
