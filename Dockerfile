# The hub and its stand-ins. Node comes with the image; the pinned packages of it are for machines without.
FROM node:26-slim
ENV NODE_ENV=production
# kafkajs 2.2.4 sets timers into the past, which Node warns of once in each process.
ENV NODE_OPTIONS=--disable-warning=TimeoutNegativeWarning
WORKDIR /lienthong
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional
COPY . .
# What Node made of the sources is kept: a process is back in about half the time. Only root may write it.
ENV NODE_COMPILE_CACHE=/lienthong/node_modules/.cache/compile
RUN node cli.ts settings > /dev/null
RUN mkdir -p data heads && chown node:node data heads
USER node
VOLUME /lienthong/data
CMD ["node", "cli.ts", "serve"]
