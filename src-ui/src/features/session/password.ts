// The gateway's own bounds.
export const SHORTEST = 8;
const LONGEST = 256;

export function passwordProblems(password: string, again: string) {
  const problems: { password?: string; again?: string } = {};
  const length = [...password].length;
  if (length < SHORTEST || length > LONGEST) problems.password = `${SHORTEST} to ${LONGEST} characters.`;
  else if (again !== password) problems.again = "It is not the same as above.";
  return problems;
}
