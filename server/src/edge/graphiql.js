// The session is a cookie: fetch sends it along to the page's own host.
const root = document.getElementById('graphiql');
ReactDOM.createRoot(root).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: new URL('/graphql', location.href).href }),
    defaultQuery: root.dataset.welcome,
    defaultEditorToolsVisibility: true,
  }),
);
