"""The CloudFormation templates of deploy/aws: valid, closed, and in agreement with the configuration. Nothing is deployed."""

import fnmatch
import re

import pytest

import cloudformation
from cloudformation import TEMPLATES, of_type

pytestmark = pytest.mark.skipif(not cloudformation.tools_are_there(), reason="cfn-lint is not there: the templates are not checked")


def test_templates_are_valid():
    files = sorted(TEMPLATES.glob("*.yaml"))
    assert len(files) == 3
    assert cloudformation.lint(*files) == (0, "")


@pytest.mark.parametrize("right, wrong", [("PubliclyAccessible: false", "PubliclyAccesible: false"), ("!Ref PublicRoutes", "!Ref PublicRouts")])
def test_wrong_templates_are_refused(tmp_path, right, wrong):
    text = (TEMPLATES / "fleet.yaml").read_text()
    assert right in text
    (tmp_path / "fleet.yaml").write_text(text.replace(right, wrong))
    assert cloudformation.lint(tmp_path / "fleet.yaml")[0] != 0


def test_machines_are_closed():
    templates = of_type("fleet.yaml", "AWS::EC2::LaunchTemplate")
    assert len(templates) == 3
    for one in templates.values():
        data = one["LaunchTemplateData"]
        assert data["MetadataOptions"]["HttpTokens"] == "required"
        assert all(disk["Ebs"]["Encrypted"] is True for disk in data["BlockDeviceMappings"])
        assert "resolve:secretsmanager" not in str(data["UserData"])
    for name, group in of_type("fleet.yaml", "AWS::EC2::SecurityGroup").items():
        for rule in group.get("SecurityGroupIngress", []):
            assert "CidrIp" not in rule and "CidrIpv6" not in rule, name


def test_database_is_closed():
    (database,) = of_type("fleet.yaml", "AWS::RDS::DBInstance").values()
    assert database["PubliclyAccessible"] is False and database["StorageEncrypted"] is True
    assert database["ManageMasterUserPassword"] is True and "MasterUserPassword" not in database


def test_database_has_the_micro_settings(top):
    """Those that RDS leaves to us, in its units."""
    (group,) = of_type("fleet.yaml", "AWS::RDS::DBParameterGroup").values()
    micro = dict(re.findall(r"^(\w+) = (\S+)$", (top / "pg/conf/micro.conf").read_text(), re.M))
    kib = {"kB": 1, "MB": 1024, "GB": 1024 * 1024}
    unit = {"shared_buffers": 8, "effective_cache_size": 8, "max_wal_size": 1024}

    def in_units(name, text):
        number, suffix = re.fullmatch(r"([\d.]+|on|off)(\w*)", text).groups()
        if suffix in kib:
            return str(int(number) * kib[suffix] // unit.get(name, 1))
        return {"on": "1", "off": "0"}.get(number) or str(int(number) * 60 if suffix == "min" else number)

    wanted = {name: in_units(name, text) for name, text in micro.items() if name not in ("fsync", "synchronous_commit", "wal_compression")}
    assert {name: str(value) for name, value in group["Parameters"].items() if name != "rds.force_ssl"} == wanted


def test_connections_fit():
    text = (TEMPLATES / "fleet.yaml").read_text()
    nodes, connections = (int(re.search(rf"^  {name}:.*?Default: (\d+)", text, re.M | re.S)[1]) for name in ("NodeCount", "Connections"))
    (group,) = of_type("fleet.yaml", "AWS::RDS::DBParameterGroup").values()
    assert nodes * connections + 10 <= int(group["Parameters"]["max_connections"])


def test_buckets_are_private():
    buckets = {**of_type("frontend.yaml", "AWS::S3::Bucket")}
    assert len(buckets) == 2
    for one in buckets.values():
        assert set(one["PublicAccessBlockConfiguration"].values()) == {True}


def test_four_distributions_obey_our_headers():
    distributions = of_type("frontend.yaml", "AWS::CloudFront::Distribution")
    assert len(distributions) == 4
    policies = {key: one["CachePolicyConfig"] for key, one in of_type("frontend.yaml", "AWS::CloudFront::CachePolicy").items()}
    assert all(one["MinTTL"] == 0 for one in policies.values())
    assert policies["Files"]["DefaultTTL"] == policies["Answers"]["DefaultTTL"] == 0 and policies["HashedFiles"]["MaxTTL"] == 31536000
    for one in distributions.values():
        config = one["DistributionConfig"]
        by_path = {behaviour["PathPattern"]: behaviour for behaviour in config["CacheBehaviors"]}
        assert by_path["/reviews/*"]["TargetOriginId"] == "nginx" and "PUT" in by_path["/reviews/*"]["AllowedMethods"]
        assert all(error["ErrorCachingMinTTL"] == 0 for error in config["CustomErrorResponses"])


def test_hashed_names_are_told_from_pages(binaries):
    names = [str(file.relative_to(binaries.folder / "storefront")) for file in (binaries.folder / "storefront").rglob("*") if file.is_file()]
    assert [name for name in names if not fnmatch.fnmatch(name, "*.????????????.*")] == ["index.html"]
