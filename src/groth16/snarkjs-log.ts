/** A logger for snarkjs that prints nothing and keeps what it was told is wrong. */
export function captureLog(): {
  logger: { debug(text: string): void; info(text: string): void; warn(text: string): void; error(text: string): void };
  errors: () => readonly string[];
} {
  const errors: string[] = [];
  const keep = (text: string) => {
    if (errors.length < 20) errors.push(String(text).slice(0, 300));
  };
  const ignore = () => {};
  return { logger: { debug: ignore, info: ignore, warn: keep, error: keep }, errors: () => errors };
}
