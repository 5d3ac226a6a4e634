import { graphql } from 'relay-runtime';

// A list that grows at its end.
export const list = graphql`
  fragment TicketList_query on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" })
  @refetchable(queryName: "TicketListPaginationQuery") {
    tickets(first: $count, after: $cursor) @connection(key: "TicketList_query_tickets") {
      edges {
        node {
          id
          ...TicketView_ticket
        }
      }
    }
  }
`;

export const page = graphql`
  query TicketListQuery {
    ...TicketList_query
  }
`;

// One ticket that is asked again by its id, with its conversation, read from the end.
export const view = graphql`
  fragment TicketView_ticket on Ticket
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" })
  @refetchable(queryName: "TicketViewRefetchQuery") {
    subject
    status
    openedBy {
      name
    }
    conversation(last: $count, before: $cursor) @connection(key: "TicketView_ticket_conversation") {
      edges {
        node {
          body
        }
      }
    }
  }
`;

export const post = graphql`
  mutation TicketListPostMutation($input: TicketMessagePostInput!, $connections: [ID!]!) {
    ticketMessagePost(input: $input) {
      message @appendNode(connections: $connections, edgeTypeName: "TicketMessageEdge") {
        id
        body
      }
      userErrors {
        code
      }
    }
  }
`;
