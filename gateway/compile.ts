import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLScalarType,
  type GraphQLSchema,
  GraphQLString,
  isLeafType,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import { containRuntime } from './jit-runtime.ts';

/** Runs one compiled operation. Variables are those graphql-js coerced; errors are graphql-jit's own. */
export type CompiledOperation = (
  contextValue: unknown,
  variables: Readonly<Record<string, unknown>>,
) => ExecutionResult | Promise<ExecutionResult>;

/**
 * Compiles operations of one schema with graphql-jit.
 *
 * @returns a function that gives null for an operation graphql-jit cannot compile
 */
export function createCompiler(
  schema: GraphQLSchema,
): (document: DocumentNode, operation: OperationDefinitionNode) => CompiledOperation | null {
  containRuntime();
  const view = schemaWithCoercedType(schema);
  const customSerializers = leafSerializers(schema);

  return (document, operation) => {
    const compiled = compileQuery(view, takingCoercedVariables(document, operation), operation.name?.value, {
      customSerializers,
      disablingCapturingStackErrors: true,
      // Resolvers see the schema and the operation as they are, not as they were given to the compiler.
      resolverInfoEnricher: () => ({ schema, operation }),
    });
    if (!isCompiledQuery(compiled)) return null;
    const { query } = compiled as CompiledQuery;
    return (contextValue, variables) => query(undefined, contextValue, variables);
  };
}

/** What a leaf serializer throws: graphql-jit keeps nothing of an error but its `message`, so that carries the error. */
interface CarriedError {
  readonly message: Error;
}

/** The error a field failed with: given by graphql-jit as original, or carried by a leaf serializer. */
export function originOf(error: Error): unknown {
  const carried: unknown = error.message;
  if (carried instanceof Error) return carried;
  return 'originalError' in error ? error.originalError : undefined;
}

function leafSerializers(schema: GraphQLSchema): Record<string, (value: unknown) => unknown> {
  const leaves = Object.values(schema.getTypeMap()).filter(isLeafType);
  return Object.fromEntries(
    leaves.map((type) => {
      const serialize = (value: unknown): unknown => {
        // Most leaves are texts that are texts already.
        if (type === GraphQLString && typeof value === 'string') return value;
        let serialized: unknown;
        try {
          serialized = type.serialize(value);
        } catch (thrown) {
          throw carry(thrown);
        }
        if (serialized === undefined || serialized === null) {
          throw carry(new Error(`${type.name} serialized a value to nothing.`));
        }
        return serialized;
      };
      return [type.name, serialize];
    }),
  );
}

function carry(thrown: unknown): CarriedError {
  return { message: thrown instanceof Error ? thrown : new Error('A serializer threw no Error.', { cause: thrown }) };
}

const COERCED = 'Coerced';
const coercedType = new GraphQLScalarType({ name: COERCED, parseValue: (value) => value });

/**
 * graphql-jit coerces variables by rules of its own: other messages, defaults through JSON, no one-of inputs. So
 * graphql-js coerces them, and for graphql-jit every variable has one type that takes a value as it is.
 */
function takingCoercedVariables(document: DocumentNode, operation: OperationDefinitionNode): DocumentNode {
  const rewritten: OperationDefinitionNode = {
    ...operation,
    variableDefinitions: (operation.variableDefinitions ?? []).map(({ variable }) => ({
      kind: Kind.VARIABLE_DEFINITION,
      variable,
      type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: COERCED } },
    })),
  };
  const definitions = document.definitions.map((definition) => (definition === operation ? rewritten : definition));
  return { ...document, definitions };
}

/** The schema itself in every way, but that it knows one more type by name. */
function schemaWithCoercedType(schema: GraphQLSchema): GraphQLSchema {
  return Object.create(schema, {
    getType: { value: (name: string) => (name === COERCED ? coercedType : schema.getType(name)) },
  }) as GraphQLSchema;
}
