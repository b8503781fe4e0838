import { toast } from "sonner";
import { Dialog } from "@/components/dialog";
import { DeploymentForm } from "./deployment-form";

export function AddDeployment({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      lock
      testid="add-deployment-dialog"
      title="Add a deployment"
      description="To a model group that is there, or to a new one. It works from the next request on."
    >
      <DeploymentForm
        onDone={(name) => {
          if (name) toast.success(`${name} has another deployment.`);
          onClose();
        }}
      />
    </Dialog>
  );
}
