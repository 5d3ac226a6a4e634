// The session is a cookie: fetch and the websocket send it along to the page's own host.
const root = document.getElementById('graphiql');
const url = new URL('/graphql', location.href);
const socket = new URL(url);
socket.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
ReactDOM.createRoot(root).render(
  React.createElement(GraphiQL, {
    // Opened by the first subscription.
    fetcher: GraphiQL.createFetcher({ url: url.href, wsClient: graphqlWs.createClient({ url: socket.href }) }),
    defaultQuery: root.dataset.welcome,
    defaultEditorToolsVisibility: true,
  }),
);
