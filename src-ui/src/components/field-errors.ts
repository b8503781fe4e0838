import { ApiError } from "@/api/http";

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

/** The gateway's messages name the member that they are about; beside its field that would say it twice. */
const beside = (message: string, param: string) =>
  sentence(message.replace(`${param}: `, "").replace(new RegExp(`^${param}(=\\S+( of the \\w+)?)? `), "It "));

/** Sorts a refusal to the field that it is about, or to the form as a whole. */
export function fieldErrors(error: unknown, fields: string[]) {
  const param = error instanceof ApiError ? error.param : null;
  const isOurs = param !== null && fields.includes(param);
  return {
    at: (field: string) => (isOurs && field === param ? beside((error as ApiError).message, param) : null),
    rest: isOurs ? null : error,
  };
}
