// Returns the fields of a request that `ask`, `serve` and `eval` take from the command's options.

/**
 * @param {any} values
 * @param {string[] | undefined} panel the default panel, used if the user named no models
 */
export function requestFields(values, panel) {
  const models = values.models ?? panel;
  return {
    ...(models && { analysis_models: models }),
    ...(values.preset && { preset: values.preset }),
    ...(values.analyst && { analyst: values.analyst }),
    ...(values.writer && { writer: values.writer }),
    ...(values.effort && { reasoning: { effort: values.effort } }),
    ...(values["no-tools"] && { tools: [] }),
    ...(values["max-tokens"] && { max_completion_tokens: values["max-tokens"] }),
  };
}
