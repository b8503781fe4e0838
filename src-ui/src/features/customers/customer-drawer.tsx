import { Ban, CirclePlay, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { useAccess } from "@/api/access";
import type { CustomerRow } from "@/api/contract";
import { blockCustomer, updateCustomer } from "@/api/people";
import { useWrite } from "@/api/queries";
import { Badge } from "@/components/controls";
import { MenuItem, MenuLine } from "@/components/menu";
import { ErrorNotice } from "@/components/notice";
import { Fact, Facts, Section } from "@/components/page";
import { ResourceDrawer } from "@/components/resource-drawer";
import { EditForm } from "@/features/forms/edit-form";
import { LiveUsage } from "@/features/limits/live-usage";
import { namedBudget } from "@/features/limits/named";
import { customerName, DeleteCustomer } from "./customer-dialogs";
import { CustomerFields } from "./customer-fields";
import { CUSTOMER_FIELDS, customerChange, customerFormOf } from "./customer-form";
import { useCustomers } from "./use-customers";

export function CustomerDrawer({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const access = useAccess();
  const customers = useCustomers();
  const customer = customers.data?.find(({ user_id }) => user_id === id);
  const [deleting, setDeleting] = useState(false);
  const block = useWrite((blocked: boolean) => blockCustomer(id!, blocked), ["customers"]);
  const name = customer ? customerName(customer) : (id ?? "");
  const mayChange = access.may("POST /customer/update");
  const toggle = (blocked: boolean) =>
    block.mutate(blocked, {
      onSuccess: () =>
        toast.success(
          blocked ? `${name} is blocked; requests that name them are refused.` : `Requests of ${name} pass again.`,
        ),
    });
  return (
    <ResourceDrawer
      open={id !== undefined}
      onClose={onClose}
      title={name}
      label="Parts of the customer"
      testid="customer-drawer"
      loading={customers.isPending}
      error={customer ? null : (customers.error ?? (customers.data && `There is no customer ${id}.`))}
      onRetry={() => void customers.refetch()}
      before={block.error ? <ErrorNotice error={block.error} className="m-4" /> : null}
      menu={
        customer &&
        mayChange && (
          <>
            <MenuItem data-testid="customer-block" onSelect={() => toggle(!customer.blocked)}>
              {customer.blocked ? (
                <CirclePlay aria-hidden className="size-4 text-faint" />
              ) : (
                <Ban aria-hidden className="size-4 text-faint" />
              )}
              {customer.blocked ? "Unblock" : "Block"}
            </MenuItem>
            <MenuLine />
            <MenuItem danger data-testid="customer-delete" onSelect={() => setDeleting(true)}>
              <Trash2 aria-hidden className="size-4" /> Delete
            </MenuItem>
          </>
        )
      }
      tabs={
        customer
          ? [
              { id: "usage", label: "Usage", content: <Usage customer={customer} /> },
              ...(mayChange
                ? [
                    {
                      id: "settings",
                      label: "Settings",
                      content: (
                        <EditForm
                          current={customerFormOf(customer)}
                          changeOf={customerChange}
                          save={(change) => updateCustomer(customer.user_id, change).then(customerFormOf)}
                          topics={["customers"]}
                          fields={CUSTOMER_FIELDS}
                          name={name}
                          testid="customer"
                        >
                          {(fields) => <CustomerFields {...fields} />}
                        </EditForm>
                      ),
                    },
                  ]
                : []),
            ]
          : []
      }
    >
      {deleting && customer && (
        <DeleteCustomer
          customer={customer}
          onClose={() => setDeleting(false)}
          onDeleted={() => {
            setDeleting(false);
            onClose();
          }}
        />
      )}
    </ResourceDrawer>
  );
}

function Usage({ customer }: { customer: CustomerRow }) {
  const limits = customer.litellm_budget_table ?? {};
  return (
    <>
      <Section title="Spend of requests that name them">
        <LiveUsage
          of="customer"
          id={customer.user_id}
          row={{ ...limits, spend: customer.spend }}
          testid="customer-usage"
        />
      </Section>
      <Section title="Who they are">
        <Facts>
          {customer.blocked && (
            <Fact name="State">
              <Badge tone="bad">blocked</Badge>
            </Fact>
          )}
          <Fact name="Id">
            <code className="break-all font-mono text-xs">{customer.user_id}</code>
          </Fact>
          {namedBudget(customer) && <Fact name="Named budget">{namedBudget(customer)}</Fact>}
          {customer.default_model && <Fact name="Default model">{customer.default_model}</Fact>}
          {customer.allowed_model_region && <Fact name="Region">{customer.allowed_model_region.toUpperCase()}</Fact>}
        </Facts>
      </Section>
    </>
  );
}
