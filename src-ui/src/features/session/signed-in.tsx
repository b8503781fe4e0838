import { useEffect, useRef, useState } from "react";
import { redeemSignIn } from "@/api/people";
import { Button } from "@/components/controls";
import { ErrorNotice } from "@/components/notice";
import { useEnter } from "./enter";
import { Frame, Waiting } from "./frame";

/** The way back from another server's sign-in: its code is good once, for a minute. */
export function ReturnFromElsewhere({ code, onDone }: { code: string; onDone: () => void }) {
  const enter = useEnter();
  const [problem, setProblem] = useState<unknown>(null);
  const begun = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a code is redeemed once, however often this is drawn
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    redeemSignIn(code)
      .then(({ key }) => enter(key))
      .then((refused) => (refused ? setProblem(refused) : onDone()))
      .catch(setProblem);
  }, []);
  if (problem === null) return <Waiting />;
  return (
    <Frame testid="signed-in-failed">
      <h1 className="font-semibold text-lg">You are not signed in</h1>
      <ErrorNotice error={problem} className="mt-3" />
      <p className="mt-3 text-muted">A sign-in is good once, for a minute. Begin anew.</p>
      <Button variant="primary" className="mt-4" onClick={onDone} data-testid="sign-in-again">
        To the sign-in
      </Button>
    </Frame>
  );
}
