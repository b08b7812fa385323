// Synthesizes stacks of the kind that `imports inventory --cloudformation` adopts, in four shapes.
// Run by `npm install && node app.cjs` in this folder, which rewrites templates/.

const fs = require("node:fs");
const path = require("node:path");
const {
  App, CfnOutput, CfnParameter, Duration, RemovalPolicy, SecretValue, Stack, aws_cloudwatch: cloudwatch,
  aws_cloudwatch_actions: actions, aws_ec2: ec2, aws_ecr: ecr, aws_ecs: ecs, aws_efs: efs,
  aws_elasticloadbalancingv2: elb, aws_iam: iam, aws_logs: logs, aws_rds: rds, aws_s3: s3,
  aws_secretsmanager: secretsmanager, aws_sns: sns, aws_sns_subscriptions: subscriptions,
} = require("aws-cdk-lib");

const SERVICES = {
  Supertokens: { name: "supertokens", port: 3567, path: "/v1/auth/*", priority: 10, database: true,
    image: "registry.supertokens.io/supertokens/supertokens-postgresql", health: "/v1/auth/hello" },
  Hasura: { name: "hasura", port: 8080, path: "/v1/graphql/*", priority: 20, database: true,
    image: "hasura/graphql-engine:v2.36.0", health: "/healthz" },
  Functions: { name: "functions", port: 80, path: "/v1/functions/*", priority: 30, calls: ["Hasura"],
    health: "/v1/functions/healthz", scales: true },
  Handshake: { name: "handshake", port: 80, path: "/v1/handshake/*", priority: 40, calls: ["Hasura"],
    health: "/" },
  Oauth: { name: "oauth", port: 80, path: "/v1/oauth/*", priority: 50, calls: ["Hasura", "Handshake"],
    health: "/" },
  Optaplanner: { name: "optaplanner", port: 8081, path: "/v1/optaplanner/*", priority: 60,
    database: true, health: "/q/health", ownRole: true },
  App: { name: "app", port: 3000, path: "/*", priority: 100, health: "/", scales: true },
  PythonAgent: { name: "python-agent", files: true },
  Postgraphile: { name: "postgraphile", port: 5000, path: "/v1/graphql/*", priority: 20,
    database: true, health: "/" },
};

const OPERATORS_SECRETS = ["OpenAiApiKey", "NotionApiToken", "DeepgramApiKey", "NotionNotesDbId",
  "NotionResearchProjectsDbId", "NotionResearchTasksDbId", "MskBootstrapBrokers"];

// The four shapes that copies of the stack are found in, oldest first.
const SHAPES = {
  oldest: { services: ["Supertokens", "Hasura", "Functions", "Handshake", "Oauth", "App"],
    repositories: ["functions", "handshake", "oauth", "app"],
    secrets: ["SupertokensDbConnString", "HasuraDbConnString", "HasuraAdminSecret", "HasuraJwtSecret",
      "ApiTokenSecret", "OpenAiApiKey"], ownRoleOf: "Functions", drawn: true },
  older: { services: ["Supertokens", "Hasura", "Functions", "Handshake", "Oauth", "Optaplanner", "App"],
    repositories: ["functions", "handshake", "oauth", "app", "optaplanner"],
    secrets: ["SupertokensDbConnString", "HasuraDbConnString", "OptaplannerDbConnString",
      "HasuraAdminSecret", "HasuraJwtSecret", "ApiTokenSecret", "OpenAiApiKey"],
    bucket: true, ownRoleOf: "Optaplanner", parameters: true, drawn: true },
  guide: { services: Object.keys(SERVICES).filter((name) => name !== "Postgraphile"),
    repositories: ["functions", "handshake", "oauth", "app", "optaplanner", "python-agent"],
    secrets: ["SupertokensDbConnString", "HasuraDbConnString", "OptaplannerDbConnString",
      "HasuraAdminSecret", "HasuraJwtSecret", "InternalApiToken", ...OPERATORS_SECRETS],
    bucket: true, https: true, files: true, watched: true, capacity: true, ownRoleOf: "Optaplanner",
    parameters: true, protectedDatabase: true },
  newest: { services: ["Supertokens", "Postgraphile"],
    repositories: ["functions", "handshake", "oauth", "app", "optaplanner", "python-agent"],
    secrets: ["SupertokensDbConnString", "HasuraDbConnString", "HasuraAdminSecret", "HasuraJwtSecret",
      "InternalApiToken", ...OPERATORS_SECRETS],
    bucket: true, https: true, topic: true, capacity: true, encrypted: true, parameters: "no domain",
    oneRole: true, namedAlb: true },
};

class AwsStack extends Stack {
  constructor(scope, id, shape, props) {
    super(scope, id, props);
    const has = (name) => shape.services.includes(name);
    const parameter = (name, rest) => new CfnParameter(this, name, { type: "String", ...rest });
    let certificateArn;
    if (shape.parameters) {
      if (shape.parameters !== "no domain") parameter("DomainName", { default: "calendar.example.com" });
      if (shape.https) certificateArn = parameter("CertificateArn", {}).valueAsString;
      if (shape.watched || shape.topic) this.email = parameter("OperatorEmail", {}).valueAsString;
      if (shape.watched) parameter("DeploymentStage", { default: "dev" });
    }

    const vpc = new ec2.Vpc(this, "AtomicVpc", { maxAzs: 2, natGateways: 1, subnetConfiguration: [
      { name: "public", subnetType: ec2.SubnetType.PUBLIC, cidrMask: shape.oneRole ? 18 : 24 },
      { name: "private", subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS,
        cidrMask: shape.oneRole ? 18 : 24 } ] });
    const cluster = new ecs.Cluster(this, "AtomicCluster", {
      vpc, enableFargateCapacityProviders: shape.capacity });

    const repositories = Object.fromEntries(shape.repositories.map((name) => [name,
      new ecr.Repository(this, `${pascal(name)}Repository`, { repositoryName: `atomic-${name}`,
        removalPolicy: RemovalPolicy.DESTROY, autoDeleteImages: true })]));
    const bucket = shape.bucket && new s3.Bucket(this, "AtomicDataBucket", {
      removalPolicy: RemovalPolicy.DESTROY, autoDeleteObjects: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL, encryption: s3.BucketEncryption.S3_MANAGED,
      bucketName: shape.watched
        ? `awsstack-atomic-data-bucket-${this.account}-${this.region}` : undefined });

    const databaseGroup = group(this, "RdsSG", vpc, "Group of the database");
    const admin = new secretsmanager.Secret(this, "PostgresAdminCredentials", {
      removalPolicy: RemovalPolicy.DESTROY,
      generateSecretString: { secretStringTemplate: JSON.stringify({ username: "PostgresAdminCredentials" }),
        generateStringKey: "password", excludePunctuation: true, passwordLength: 30 } });
    const database = new rds.DatabaseInstance(this, "AtomicPostgresDB", { vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      engine: rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_15 }),
      instanceType: ec2.InstanceType.of(ec2.InstanceClass.T3, ec2.InstanceSize.SMALL),
      credentials: rds.Credentials.fromSecret(admin), databaseName: "atomicdb",
      securityGroups: [databaseGroup], deletionProtection: Boolean(shape.protectedDatabase),
      storageEncrypted: Boolean(shape.encrypted),
      removalPolicy: shape.protectedDatabase ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY });

    const secret = Object.fromEntries(shape.secrets.map((name) => [name,
      new secretsmanager.Secret(this, name, { secretName: `${id}/${name}`,
        removalPolicy: RemovalPolicy.DESTROY, ...generated(name, shape.drawn) })]));

    const assumed = { assumedBy: new iam.ServicePrincipal("ecs-tasks.amazonaws.com") };
    const executionRole = new iam.Role(this, "ECSTaskExecutionRole", { ...assumed, managedPolicies: [
      iam.ManagedPolicy.fromAwsManagedPolicyName("service-role/AmazonECSTaskExecutionRolePolicy")] });
    Object.values(secret).forEach((each) => each.grantRead(executionRole));
    const taskRole = shape.oneRole ? executionRole : new iam.Role(this, "ECSTaskRole", assumed);
    if (bucket && !shape.oneRole) bucket.grantReadWrite(taskRole);
    if (!bucket) secret.OpenAiApiKey.grantRead(taskRole);

    const albGroup = group(this, "AlbSG", vpc, "Group of the load balancer");
    const alb = new elb.ApplicationLoadBalancer(this, "AtomicAlb", {
      vpc, internetFacing: true, securityGroup: albGroup });
    let listener;
    const http = alb.addListener("HttpListener", shape.https
      ? { port: 80, open: true, defaultAction: elb.ListenerAction.redirect(
        { protocol: "HTTPS", port: "443", permanent: true }) }
      : { port: 80, open: true, defaultAction: elb.ListenerAction.fixedResponse(404) });
    listener = shape.https ? alb.addListener("HttpsListener", { port: 443, open: true,
      certificates: [elb.ListenerCertificate.fromArn(certificateArn)],
      defaultAction: elb.ListenerAction.fixedResponse(404) }) : http;

    const files = shape.files && this.files(vpc);
    const groups = {};
    const built = {};
    for (const key of shape.services) {
      const row = SERVICES[key];
      groups[key] = group(this, `${key}SG`, vpc, `Group of ${row.name}`);
      const logGroup = new logs.LogGroup(this, `${key}LogGroup`, {
        logGroupName: `/aws/ecs/${cluster.clusterName}/${row.name}`,
        retention: logs.RetentionDays[shape.drawn ? "TWO_YEARS" : "ONE_MONTH"],
        removalPolicy: RemovalPolicy.DESTROY });
      const ownRole = shape.ownRoleOf === key;
      const definition = new ecs.FargateTaskDefinition(this, `${key}TaskDef`, {
        family: key === "Optaplanner" ? `${id}-optaplanner` : `${row.name}-fargate`,
        cpu: key === "Optaplanner" ? 1024 : 256, memoryLimitMiB: key === "Optaplanner" ? 2048 : 512,
        executionRole: ownRole ? undefined : executionRole, taskRole,
        volumes: row.files && files ? [{ name: "lancedb", efsVolumeConfiguration: {
          fileSystemId: files.fileSystemId, transitEncryption: "ENABLED" } }] : undefined });
      const container = definition.addContainer(`${key}Container`, {
        image: row.image ? ecs.ContainerImage.fromRegistry(row.image)
          : repositories[row.name] ? ecs.ContainerImage.fromEcrRepository(repositories[row.name])
            : ecs.ContainerImage.fromRegistry("graphile/postgraphile:4.13.0"),
        logging: ecs.LogDrivers.awsLogs({ streamPrefix: row.name, logGroup }),
        portMappings: row.port ? [{ containerPort: row.port }] : undefined,
        environment: this.environment_of(row, bucket),
        secrets: ownRole || !secret.HasuraAdminSecret ? undefined
          : { HASURA_GRAPHQL_ADMIN_SECRET: ecs.Secret.fromSecretsManager(secret.HasuraAdminSecret) } });
      if (ownRole) definition.addToExecutionRolePolicy(new iam.PolicyStatement({
        actions: ["secretsmanager:GetSecretValue"], resources: [secret.HasuraAdminSecret.secretArn] }));
      if (row.files && files) container.addMountPoints({ containerPath: "/mnt/lancedb_data",
        sourceVolume: "lancedb", readOnly: false });
      const spot = shape.capacity && row.scales;
      const service = new ecs.FargateService(this, `${key}Service`, { cluster,
        taskDefinition: definition, desiredCount: 1, securityGroups: [groups[key]],
        vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }, minHealthyPercent: 50,
        capacityProviderStrategies: spot ? [{ capacityProvider: "FARGATE_SPOT", weight: 1 },
          { capacityProvider: "FARGATE", weight: 0 }] : undefined });
      built[key] = { service, row };
      if (row.port) {
        const target = new elb.ApplicationTargetGroup(this, `${key}TargetGroup`, { vpc, port: row.port,
          protocol: elb.ApplicationProtocol.HTTP, targetType: elb.TargetType.IP,
          healthCheck: { path: row.health } });
        service.attachToApplicationTargetGroup(target);
        const ruleOf = shape.namedAlb ? listener : this;
        new elb.ApplicationListenerRule(ruleOf, shape.namedAlb ? `${key}Rule` : `${key}ListenerRule`, {
          listener, priority: row.priority, targetGroups: [target],
          conditions: [elb.ListenerCondition.pathPatterns([row.path])] });
        built[key].target = target;
        groups[key].connections.allowFrom(albGroup, ec2.Port.tcp(row.port), "from the load balancer");
      }
      if (row.database && !(shape.oneRole && key === "Supertokens"))
        databaseGroup.connections.allowFrom(groups[key], ec2.Port.tcp(5432), `from ${row.name}`);
      if (row.files && files) files.group.connections.allowFrom(
        groups[key], ec2.Port.tcp(2049), `from ${row.name}`);
    }
    for (const key of shape.services) for (const called of SERVICES[key].calls ?? []) if (has(called))
      groups[called].connections.allowFrom(
        groups[key], ec2.Port.tcp(SERVICES[called].port), `from ${SERVICES[key].name}`);

    if (shape.watched || shape.topic) {
      this.topic = new sns.Topic(this, "AlarmTopic", { topicName: `${id}-AlarmTopic` });
      this.topic.addSubscription(new subscriptions.EmailSubscription(this.email));
    }
    if (shape.watched) this.watch({ id, alb, built, database });
    new CfnOutput(this, "AlbDnsName", { value: alb.loadBalancerDnsName });
    new CfnOutput(this, "DbInstanceEndpoint", { value: database.dbInstanceEndpointAddress });
  }

  environment_of(row, bucket) {
    if (row.name === "functions" && bucket) return { S3_BUCKET: bucket.bucketName };
    if (row.files) return { LANCEDB_URI: "file:///mnt/lancedb_data/atomic_lancedb" };
    if (row.name === "supertokens") return { BASE_PATH: "/v1/auth" };
    return {};
  }

  // The access point is there and no volume names it, as in the copies that run.
  files(vpc) {
    const fileGroup = group(this, "EfsSG", vpc, "Group of the file system");
    const system = new efs.FileSystem(this, "LanceDbFileSystem", { vpc, encrypted: true,
      securityGroup: fileGroup, removalPolicy: RemovalPolicy.RETAIN, allowAnonymousAccess: true,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } });
    system.addAccessPoint("LanceDbAccessPoint", { path: "/lancedb",
      createAcl: { ownerUid: "1000", ownerGid: "1000", permissions: "755" },
      posixUser: { uid: "1000", gid: "1000" } });
    return { fileSystemId: system.fileSystemId, group: fileGroup };
  }

  watch({ id, alb, built, database }) {
    const alarms = [];
    const alarm = (name, metric, threshold, evaluationPeriods, operator) => {
      const made = new cloudwatch.Alarm(this, name, { alarmName: `${id}-${name}`, metric, threshold,
        evaluationPeriods, comparisonOperator: operator,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING });
      made.addAlarmAction(new actions.SnsAction(this.topic));
      alarms.push(made);
    };
    const AT_LEAST = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD;
    const AT_MOST = cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD;
    const ABOVE = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD;
    const five = { period: Duration.minutes(5) };
    alarm("Alb5xxAlarm", alb.metrics.httpCodeElb(elb.HttpCodeElb.ELB_5XX_COUNT, five), 5, 1, AT_LEAST);
    for (const [key, { target }] of Object.entries(built)) if (target) {
      alarm(`${key}UnhealthyHostAlarm`, target.metrics.unhealthyHostCount(five), 0, 2, ABOVE);
      alarm(`${key}Target5xxAlarm`,
        target.metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_5XX_COUNT, five), 3, 1, AT_LEAST);
      alarm(`${key}LatencyAlarm`,
        target.metrics.targetResponseTime({ ...five, statistic: "p90" }), 1, 3, AT_LEAST);
    }
    for (const key of ["App", "Functions", "Hasura", "Supertokens"])
      alarm(`${key}CpuAlarm`, built[key].service.metricCpuUtilization(five), 85, 3, AT_LEAST);
    alarm("RdsCpuAlarm", database.metricCPUUtilization(five), 85, 3, AT_LEAST);
    alarm("RdsStorageAlarm", database.metricFreeStorageSpace(five), 10 * 2 ** 30, 1, AT_MOST);
    alarm("RdsMemoryAlarm", database.metricFreeableMemory(five), 200 * 2 ** 20, 2, AT_MOST);
    alarm("RdsConnectionsAlarm", database.metricDatabaseConnections(five), 150, 3, AT_LEAST);
    new cloudwatch.Dashboard(this, "SystemHealthDashboard", {
      dashboardName: `${id}-SystemHealthOverview`,
      widgets: [[new cloudwatch.AlarmStatusWidget({ alarms })]] });
    for (const { service, row } of Object.values(built)) if (row.scales) {
      const scaling = service.autoScaleTaskCount({ minCapacity: 1, maxCapacity: 4 });
      scaling.scaleOnCpuUtilization("Cpu", { targetUtilizationPercent: 70 });
      scaling.scaleOnMemoryUtilization("Memory", { targetUtilizationPercent: 70 });
    }
  }
}

function group(scope, id, vpc, description) {
  return new ec2.SecurityGroup(scope, id, { vpc, description, allowAllOutbound: true });
}

// What a person is to set, the older copies let Secrets Manager draw.
function generated(name, drawn) {
  if (name === "HasuraJwtSecret") return { generateSecretString: { generateStringKey: "key",
    secretStringTemplate: JSON.stringify({ type: "HS256", issuer: "supertokens" }),
    excludePunctuation: true, passwordLength: 64 } };
  if (["HasuraAdminSecret", "InternalApiToken", "ApiTokenSecret"].includes(name))
    return { generateSecretString: { excludePunctuation: true, passwordLength: 32 } };
  if (drawn) return {};
  return { secretStringValue: SecretValue.unsafePlainText(`ENTER_${name}_HERE`) };
}

function pascal(name) {
  return name.split("-").map((part) => part[0].toUpperCase() + part.slice(1)).join("");
}

const counts = { oldest: 104, older: 120, guide: 179, newest: 86 };
const folder = path.join(__dirname, "templates");
fs.mkdirSync(folder, { recursive: true });
for (const [name, shape] of Object.entries(SHAPES)) {
  const app = new App({ analyticsReporting: true, context: {
    "aws:cdk:enable-path-metadata": true,
    "@aws-cdk/aws-ec2:restrictDefaultSecurityGroup": true,
    "@aws-cdk/core:enablePartitionLiterals": true } });
  new AwsStack(app, "AwsStack", shape, { env: {} });
  const { template } = app.synth().getStackByName("AwsStack");
  const rows = Object.values(template.Resources);
  const byType = {};
  rows.forEach((row) => { byType[row.Type] = (byType[row.Type] ?? 0) + 1; });
  console.log(name, rows.length, rows.length === counts[name] ? "" : byType);
  fs.writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(template, null, 1) + "\n");
}
