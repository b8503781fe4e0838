import icon from "../../../icons/app-small.svg";

/** The application's own icon, as it is drawn for small sizes. */
export const Mark = ({ className }: { className?: string }) => <img src={icon} alt="" className={className} />;
