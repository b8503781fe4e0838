import { Eye, EyeOff, FileUp } from "lucide-react";
import { type ComponentProps, type ReactNode, useRef, useState } from "react";
import { cn } from "@/lib/cn";
import { inputClass } from "./field";

/** Never filled in by the browser, nor looked through by a password manager. */
const SECRET = {
  autoComplete: "off",
  autoCapitalize: "off",
  spellCheck: false,
  "data-1p-ignore": true,
  "data-lpignore": "true",
};

/** For secrets: hidden, never filled in by the browser, and shown only on demand while typing. */
export function SecretInput({ className, ...rest }: ComponentProps<"input">) {
  const [shown, setShown] = useState(false);
  return (
    <span className="relative block">
      <input
        {...SECRET}
        {...rest}
        type={shown ? "text" : "password"}
        className={cn(inputClass, "pr-9 font-mono", className)}
      />
      <span className="absolute inset-y-0 right-0">
        <Reveal shown={shown} onChange={setShown} />
      </span>
    </span>
  );
}

/** The same for secrets of several lines, which a password field would join. They often come in a file. */
export function SecretText({
  className,
  onFile,
  accept,
  testid,
  ...rest
}: { onFile: (text: string) => void; accept: string; testid: string } & ComponentProps<"textarea">) {
  const [shown, setShown] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  // What is hidden is not handed out either, as in a password field.
  const keep = (event: { preventDefault: () => void }) => shown || event.preventDefault();
  return (
    <span className="relative block">
      <textarea
        {...SECRET}
        rows={2}
        data-testid={testid}
        onCopy={keep}
        onCut={keep}
        {...rest}
        className={cn(
          inputClass,
          "block h-16 resize-none py-1.5 pr-9 font-mono [overflow-wrap:anywhere] placeholder:[-webkit-text-security:none]",
          !shown && "[-webkit-text-security:disc]",
          className,
        )}
      />
      <span className="absolute top-0 right-0 grid">
        <Reveal shown={shown} onChange={setShown} />
        <Corner label="Choose a file" onClick={() => file.current?.click()}>
          <FileUp className="size-4" />
        </Corner>
      </span>
      <input
        ref={file}
        type="file"
        accept={accept}
        hidden
        data-testid={`${testid}-file`}
        onChange={async ({ currentTarget: input }) => {
          const chosen = input.files?.[0];
          if (chosen) onFile(await chosen.text());
          // Choosing the same one again is a choice too.
          input.value = "";
        }}
      />
    </span>
  );
}

const Reveal = ({ shown, onChange }: { shown: boolean; onChange: (shown: boolean) => void }) => (
  <Corner label={shown ? "Hide what is typed" : "Show what is typed"} pressed={shown} onClick={() => onChange(!shown)}>
    {shown ? <EyeOff className="size-4" /> : <Eye className="size-4" />}
  </Corner>
);

const Corner = ({
  label,
  pressed,
  onClick,
  children,
}: {
  label: string;
  pressed?: boolean;
  onClick: () => void;
  children: ReactNode;
}) => (
  <button
    type="button"
    aria-label={label}
    title={label}
    aria-pressed={pressed}
    onClick={onClick}
    className="grid size-8 place-items-center rounded-md text-faint hover:text-text"
  >
    {children}
  </button>
);
