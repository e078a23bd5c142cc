/** Functions the user gave, by `uid/name`: held beside the plan, which has none. */
export type Functions = ReadonlyMap<string, (...values: never[]) => unknown>
