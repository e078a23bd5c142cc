/** The address of the cluster that a command speaks to. */
export const DEFAULT_FLINK_URL = 'http://127.0.0.1:8081'

export function flinkUrl({ flink }: { readonly flink?: string }): string {
  return flink ?? DEFAULT_FLINK_URL
}

/** ` --flink URL` for what we advise to type next; nothing where it is the default. */
export function flinkFlag(url: string): string {
  return url === DEFAULT_FLINK_URL ? '' : ` --flink ${url}`
}
