#include "store/filesystem.hpp"

#include <catch2/catch.hpp>

#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

TEST_CASE("filesystem: what is shared between machines is told from what is not", "[store][filesystem]") {
  CHECK(network_filesystem(0x6969, "nfs4") == "NFS");
  CHECK(network_filesystem(0xFF534D42, "cifs") == "CIFS");
  CHECK(network_filesystem(0xFE534D42, "smb3") == "SMB");
  CHECK(network_filesystem(0x65735546, "fuse.sshfs") == "sshfs");
  CHECK(network_filesystem(0x65735546, "fuse.gocryptfs").empty());
  CHECK(network_filesystem(0x65735546, "fuseblk").empty());
  CHECK(network_filesystem(0xEF53, "ext4").empty());
  CHECK(network_filesystem(0x01021994, "tmpfs").empty());
  CHECK(network_filesystem(0xEF53, "fuse.sshfs").empty());
}

TEST_CASE("filesystem: a path is on the last of the longest mount points that hold it", "[store][filesystem]") {
  const std::string_view mounts =
      "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
      "30 21 0:40 / /home rw shared:5 - nfs4 server:/home rw\n"
      "31 30 0:41 / /home/a/my\\040work rw - fuse.sshfs host: rw\n"
      "32 21 0:42 / /data rw - ext4 /dev/sdb rw\n"
      "33 21 0:43 / /data rw - cifs //server/x rw\n"
      "broken line\n"
      "34 21 0:44 / /short rw -\n";
  CHECK(mounted_type_of(mounts, "/var/lib") == "ext4");
  CHECK(mounted_type_of(mounts, "/home/a") == "nfs4");
  CHECK(mounted_type_of(mounts, "/homework") == "ext4");
  CHECK(mounted_type_of(mounts, "/home/a/my work/x") == "fuse.sshfs");
  CHECK(mounted_type_of(mounts, "/data/x") == "cifs");
  CHECK(mounted_type_of("", "/") == "");
}

TEST_CASE("filesystem: the one that tests are on is not refused", "[store][filesystem]") {
  const TempDir directory;
  CHECK(check_filesystem(directory.path()));
}
