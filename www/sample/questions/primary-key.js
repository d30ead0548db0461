const rfc = {
  url: "https://www.rfc-editor.org/rfc/rfc9562.html",
  title: "RFC 9562: Universally Unique IDentifiers (UUIDs)",
};
const functions = {
  url: "https://www.postgresql.org/docs/18/functions-uuid.html",
  title: "PostgreSQL 18: UUID functions",
};
const identity = {
  url: "https://www.postgresql.org/docs/current/ddl-identity-columns.html",
  title: "PostgreSQL: Identity columns",
};

export default {
  replies: {
    curious: {
      reasoning:
        "What changed is that UUIDv7 is standard now and that Postgres 18 generates it " +
        "natively. So the old objection, random inserts, is gone. What is left is size and " +
        "what the id reveals.",
      tools: [{ name: "openrouter:web_fetch", input: { url: functions.url } }],
      sources: [rfc, functions],
      text: `I would start with **both: bigint identity inside, UUIDv7 outside**, and drop one of the two only for a reason.

UUIDv7 repairs what made random UUIDs painful. Its first 48 bits are a timestamp in milliseconds ([RFC 9562](${rfc.url})), so new rows land at the right edge of the index instead of all over it. Since version 18 [Postgres makes them itself](${functions.url}):

\`\`\`sql
create table orders (
  id        bigint generated always as identity primary key,
  public_id uuid not null unique default uuidv7(),
  placed_at timestamptz not null default now()
);
\`\`\`

What the UUID buys you: a client can make the id before the insert, several databases can be merged, and a URL does not tell how many orders you have had.

What the bigint buys you: small foreign keys, and something you can type at three in the morning.`,
    },
    careful: {
      reasoning:
        "Lay out the trade-off per property. 16 versus 8 bytes matters through foreign keys " +
        "and indexes. Security: the RFC says UUIDs must not be treated as secrets. And a v7 " +
        "id tells its creation time.",
      tools: [
        {
          name: "openrouter:web_search",
          input: { query: "RFC 9562 security considerations UUIDv7 timestamp guess" },
        },
      ],
      sources: [rfc, identity],
      text: `**bigint [identity](${identity.url}), unless you can name the reason for a UUID.**

| | \`bigint\` | \`uuid\` (v7) |
|---|---|---|
| Bytes per key | 8 | 16 |
| Inserts in order | yes | yes, nearly |
| Made by the client | no | yes |
| Neighbours can be guessed | yes | hardly |
| Tells its creation time | roughly | to the millisecond |

The eight extra bytes are paid in the table, in every index on it, and in every foreign key that points to it. Nobody notices on a small table. With hundreds of millions of rows and ten referencing tables it decides what fits into memory.

Good reasons for a UUID: ids made offline, several writers without a common sequence, merging data sets. "It looks modern" is none.

If a sequence would tell outsiders too much, give them a second column with a random id. And whatever the id is, check permissions on every request: the [RFC](${rfc.url}) warns that UUIDs are not to be used as security capabilities.`,
    },
    contrarian: {
      reasoning:
        "The size argument gets repeated without arithmetic. Ten million rows times eight " +
        "bytes is 80 MB per index. What is really expensive is changing a key type later, " +
        "once others hold the ids.",
      tools: [],
      sources: [],
      text: `The size argument is mostly folklore at the scale most tables ever reach. Ten million rows times eight bytes is 80 MB per index. You will not choose your hardware by that.

What you cannot repair later is the **type in other people's hands**: ids in URLs, exports, queues and partner systems. Turning a live bigint key into a UUID is one of the worst weekends in this trade. So take **UUIDv7 from the first day** and stop thinking about it.

Where I would not:

- join tables: the pair of foreign keys is key enough;
- append-only event tables with billions of rows;
- anything whose creation time must stay private. A v7 id shows it to everyone; take v4 for the public id there.

And people read ids aloud. "Order 48213" survives a phone call, a UUID does not. Give humans a number of their own.`,
    },
  },
  analysis: {
    consensus: [
      {
        point:
          "What outsiders see deserves its own decision: a plain sequence should not be the " +
          "public id.",
        quotes: {
          curious: "a URL does not tell how many orders you have had",
          careful: "give them a second column with a random id",
          contrarian: "take v4 for the public id there",
        },
      },
    ],
    contradictions: [
      {
        topic: "What is the default for a new table?",
        stances: {
          curious: {
            stance: "Both: bigint inside, UUIDv7 outside.",
            quote: "**both: bigint identity inside, UUIDv7 outside**",
          },
          careful: {
            stance: "bigint, until there is a reason.",
            quote: "unless you can name the reason for a UUID",
          },
          contrarian: {
            stance: "UUIDv7 from the start.",
            quote: "take **UUIDv7 from the first day** and stop thinking about it",
          },
        },
      },
      {
        topic: "Do the eight extra bytes matter?",
        stances: {
          careful: {
            stance: "Yes, through indexes and foreign keys.",
            quote: "it decides what fits into memory",
          },
          contrarian: {
            stance: "Hardly, at usual sizes.",
            quote: "Ten million rows times eight bytes is 80 MB per index.",
          },
        },
      },
    ],
    partial_coverage: [
      {
        point: "UUIDv7 keeps inserts in order, so the old objection to UUIDs as keys is gone.",
        quotes: {
          curious: "new rows land at the right edge of the index instead of all over it",
          careful: "yes, nearly",
        },
      },
      {
        point: "A v7 id tells everyone when the row was made.",
        quotes: { careful: "to the millisecond", contrarian: "A v7 id shows it to everyone" },
      },
    ],
    unique_insights: [
      {
        panelist: "contrarian",
        insight: "Changing a key type is nearly impossible once other systems hold the ids.",
        quote: "Turning a live bigint key into a UUID is one of the worst weekends in this trade.",
      },
      {
        panelist: "careful",
        insight: "An id is no permission: check access on every request, UUID or not.",
        quote: "UUIDs are not to be used as security capabilities",
      },
    ],
    blind_spots: [
      "Postgres before version 18, where UUIDv7 must come from an extension or the application.",
      "How the ORM and the drivers in use handle uuid values.",
      "Partitioning and replication across regions.",
    ],
  },
  answer: {
    sources: [rfc, functions],
    text: `**Take a bigint identity as the primary key, and add a UUIDv7 column for everything that leaves the database.** Use a UUIDv7 as the only key when ids are made by clients or by several independent writers.

\`\`\`sql
create table orders (
  id        bigint generated always as identity primary key,
  public_id uuid not null unique default uuidv7(),  -- built in since Postgres 18
  placed_at timestamptz not null default now()
);
\`\`\`

**Why not decide by size or fashion alone**

- The index argument against UUIDs is over: v7 [starts with a timestamp](${rfc.url}), so inserts stay in order, and [Postgres 18 generates it](${functions.url}).
- Eight bytes more per key are invisible at ten million rows and count at hundreds of millions with many foreign keys. If you cannot tell which you will have, the small key inside is the cheaper insurance.
- What is hard to change later is the id that *others* have stored. That is why the public column should be there from the first day, even if nothing uses it yet.

**Two cautions**

1. A v7 id tells its creation time. Where that is private, use \`gen_random_uuid()\` (v4) for the public column.
2. An id is not a permission. Check access on every request.

Join tables need neither: the pair of foreign keys is the key. Before Postgres 18, take UUIDv7 from an extension or from your application.`,
  },
};
