import { cn } from "@/lib/cn";
import { inputClass } from "./field";

/** A text of several lines that machines read: as high as what stands in it. */
export function LinesInput({
  value,
  onValue,
  onLeave,
  testid,
  ...rest
}: {
  value: string;
  onValue: (value: string) => void;
  onLeave?: () => void;
  testid: string;
  placeholder: string;
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
}) {
  return (
    <textarea
      {...rest}
      rows={Math.min(8, Math.max(2, value.split("\n").length))}
      autoComplete="off"
      spellCheck={false}
      data-testid={testid}
      className={cn(inputClass, "h-auto py-1.5 font-mono text-xs")}
      value={value}
      onChange={(event) => onValue(event.target.value)}
      onBlur={onLeave}
    />
  );
}
