"""The rules as they were checked, in one file: what workers start from, whatever the files under rules/ have become since."""
