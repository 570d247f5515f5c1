# shellcheck shell=bash
# Which settings of pg/conf fit this machine. $top is the checkout.

# postgres_choose ASKED MIB CPUS: the file of settings for a machine with so much memory, and in further lines the settings
# that it leaves to computation. ASKED is micro, small, a file, or empty for what fits.
#
# From 3 GiB on that is small.conf. What follows from the memory is computed, so that no file is needed for each size of
# machine: for 8 GiB and two CPUs this yields what the file says.
postgres_choose() {
  local asked=$1 mib=$2 cpus=$3 name=$1
  [[ -n $asked ]] || name=$([[ $mib -lt 3072 ]] && echo micro || echo small)
  case $name in
  micro | small) echo "$top/pg/conf/$name.conf" ;;
  *) echo "$name" ;;
  esac
  [[ -z $asked && $name == small ]] || return 0
  echo "shared_buffers = $(at_most 8192 $((mib / 4)))MB"
  echo "effective_cache_size = $((mib * 5 / 8))MB"
  echo "maintenance_work_mem = $(at_most 2048 $((mib / 16)))MB"
  echo "max_parallel_maintenance_workers = $(at_most 4 $((cpus / 2)))"
}

at_most() {
  echo $(($2 < $1 ? $2 : $1))
}

# postgres_memory_mib ROOT: the memory of the machine whose files are there, or what a control group (of a container, a
# service) leaves of it.
postgres_memory_mib() {
  local root=${1%/} kib limit file
  kib=$(awk '$1 == "MemTotal:" { print $2 }' "$root/proc/meminfo")
  while read -r file; do
    [[ -r $file ]] || continue
    limit=$(<"$file")
    # Without a limit it says "max", or a number beyond any memory.
    [[ $limit =~ ^[0-9]{1,18}$ ]] || continue
    kib=$(at_most "$kib" $((limit / 1024)))
  done < <(
    postgres_group_files "$root/sys/fs/cgroup" memory.max "$(sed -n 's/^0:://p' "$root/proc/self/cgroup")"
    postgres_group_files "$root/sys/fs/cgroup/memory" memory.limit_in_bytes \
      "$(sed -nE 's/^[0-9]+:([^:]*,)?memory(,[^:]*)?://p' "$root/proc/self/cgroup")"
  )
  echo $((kib / 1024))
}

# postgres_group_files HIERARCHY NAME GROUP: the file's path in the group and in those above it.
postgres_group_files() {
  local group=${3%/}
  while [[ -n $group ]]; do
    echo "$1$group/$2"
    group=${group%/*}
  done
  echo "$1/$2"
}
