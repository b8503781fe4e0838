import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { Confirm } from "./dialog";

const Unsaved = createContext<(dirty: boolean) => void>(() => {});

/** Tells the drawer around a form that something is typed which closing would lose. */
export function useUnsaved(dirty: boolean) {
  const tell = useContext(Unsaved);
  useEffect(() => {
    tell(dirty);
    return () => tell(false);
  }, [tell, dirty]);
}

/** Closes at once, or asks first where a form within has something that is not saved. */
export function useLeaving(name: string, onClose: () => void) {
  const [dirty, setDirty] = useState(false);
  const [asking, setAsking] = useState(false);
  const leave = () => {
    setAsking(false);
    setDirty(false);
    onClose();
  };
  return {
    close: () => (dirty ? setAsking(true) : leave()),
    /** Around what may have something typed. */
    watched: (children: ReactNode) => <Unsaved value={setDirty}>{children}</Unsaved>,
    question: (
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title="Leave without saving?"
        action="Leave"
        testid="unsaved"
        onConfirm={leave}
      >
        <p>What you changed of {name} is not saved and will be lost.</p>
      </Confirm>
    ),
  };
}
