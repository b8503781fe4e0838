import { toast } from "sonner";
import type { CustomerRow } from "@/api/contract";
import { createCustomer, deleteCustomer } from "@/api/people";
import { useWrite } from "@/api/queries";
import { Confirm, Dialog } from "@/components/dialog";
import { NewForm } from "@/features/forms/new-form";
import { CustomerFields } from "./customer-fields";
import { CUSTOMER_FIELDS, customerDraft, noCustomer } from "./customer-form";

export const customerName = ({ alias, user_id }: CustomerRow) => alias || user_id;

export function NewCustomer({
  open,
  onClose,
  onMade,
}: {
  open: boolean;
  onClose: () => void;
  onMade: (customer: CustomerRow) => void;
}) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      lock
      testid="new-customer-dialog"
      title="Add a customer"
      description="An end user of what you build. They also appear by themselves, once a request names them."
    >
      <NewForm
        empty={noCustomer}
        draftOf={customerDraft}
        create={createCustomer}
        topics={["customers"]}
        fields={CUSTOMER_FIELDS}
        onMade={onMade}
        saying={(made) => `${customerName(made)} is added.`}
        action="Add customer"
        testid="customer"
      >
        {(fields) => <CustomerFields {...fields} isNew />}
      </NewForm>
    </Dialog>
  );
}

export function DeleteCustomer({
  customer,
  onClose,
  onDeleted,
}: {
  customer: CustomerRow;
  onClose: () => void;
  onDeleted: () => void;
}) {
  const remove = useWrite(() => deleteCustomer(customer.user_id), ["customers"]);
  const name = customerName(customer);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Delete ${name}?`}
      action="Delete customer"
      busy={remove.isPending}
      error={remove.error}
      testid="delete-customer"
      onConfirm={() =>
        remove.mutate(undefined, {
          onSuccess: () => {
            toast.success(`${name} is deleted.`);
            onDeleted();
          },
        })
      }
    >
      <p>
        Their limits{customer.blocked ? " and their block" : ""} are lost. A request that names them makes them anew,
        without limits of their own: to keep them out, block them instead.
      </p>
      <p>Their past requests and their cost stay in the ledger.</p>
    </Confirm>
  );
}
