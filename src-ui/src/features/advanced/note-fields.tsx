import { useState } from "react";
import { Field, Input } from "@/components/field";
import { LinesInput } from "@/components/lines-input";
import { readMetadata } from "./notes";

/** Tags, and metadata that is checked once one has left it. */
export function NoteFields({
  tags,
  metadata,
  onTags,
  onMetadata,
  error,
  of,
  testid,
}: {
  tags: string;
  metadata: string;
  onTags: (tags: string) => void;
  onMetadata: (metadata: string) => void;
  error: (field: string) => string | null | undefined;
  /** "this key", "the team's keys". */
  of: { requests: string; with: string };
  testid: string;
}) {
  const [left, setLeft] = useState(false);
  const { problem } = readMetadata(metadata);
  return (
    <>
      <Field label="Tags" error={error("tags")} hint={`On every request of ${of.requests}; separated by commas.`}>
        {(control) => (
          <Input
            {...control}
            data-testid={`${testid}-tags`}
            placeholder="none"
            value={tags}
            onChange={(event) => onTags(event.target.value)}
          />
        )}
      </Field>
      <Field
        label="Metadata"
        error={error("metadata") ?? (left ? problem : undefined)}
        hint={`An object in JSON, kept with ${of.with}.`}
      >
        {(control) => (
          <LinesInput
            {...control}
            testid={`${testid}-metadata`}
            placeholder={'{"project": "atlas"}'}
            value={metadata}
            onValue={onMetadata}
            onLeave={() => setLeft(true)}
          />
        )}
      </Field>
    </>
  );
}
